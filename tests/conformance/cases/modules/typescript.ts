//! rule: api 2.3 a .ts file: types are stripped; enums, interfaces, parameter properties, generics and imports of .ts work
//! checks: 9
import { check } from 'k6';
import type { Options } from 'k6/options';
import { double, type Shape, Color } from './lib.ts';

interface User { id: number; name?: string }
type Pair<A, B = string> = [A, B];
enum Level { Low, High = 5, Text = 'text' }
const enum Fixed { One = 1 }
abstract class Animal {
  constructor(public name: string, private readonly age: number = 3) {}
  abstract sound(): string;
  get years(): number { return this.age; }
}
class Dog extends Animal implements Shape { area = 1; sound(): string { return `${this.name}!`; } }
namespace Space { export const inside = 9; }
function identity<T extends unknown>(value: T): T { return value; }
function over(a: string): string;
function over(a: number): string;
function over(a: unknown): string { return String(a); }
export const options: Options = { vus: 1, iterations: 1 };
export default function (): void {
  const user = { id: 1 } as User;
  const pair: Pair<number> = [1, 'b'];
  const sure = user.name!;
  let later!: number;
  check(user as unknown, {
    enum: () => Level.High === 5 && Level[0] === 'Low' && Level.Text === 'text',
    'const enum': () => Fixed.One === 1,
    class: () => { const dog = new Dog('rex'); return dog.sound() === 'rex!' && dog.years === 3 && dog.name === 'rex'; },
    generic: () => identity<number>(4) === 4,
    imported: () => double(4) === 8 && Color.Red === 1,
    overload: () => over(5) === '5',
    namespace: () => Space.inside === 9,
    satisfies: () => ({ a: 1 } satisfies Record<string, number>).a === 1,
    rest: () => pair[1] === 'b' && sure === undefined && later === undefined,
  });
}
//@ file: lib.ts
export interface Shape { area: number }
export enum Color { Red = 1 }
export const double = (n: number): number => n * 2;
