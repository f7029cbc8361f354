//! rule: api 2.3 a script on standard input may be TypeScript, and its folder is the working directory
//! stdin: script
//! log: 42 data
const n: number = 42;
const data = open('data.txt') as string;
export default function (): void { console.log(n + ' ' + data.trim()); }
//@ file: data.txt
data
