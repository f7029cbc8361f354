//! rule: api 2.3 positions of TypeScript are those of the file as it was written
//! log: script.ts:9:
//! log: broken
interface Padding { a: number }
type Other = { b: string };
export default function (): void {
  const n: number = 1;
  // the next line throws
  if (n) throw new Error('broken');
}
