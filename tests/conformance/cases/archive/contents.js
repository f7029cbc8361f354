//! rule: engine 8.3: what an archive holds, and how it runs
//! case: modules, opened files, options and env
//! shell: k6 archive script.js -O a.tar -e A=packed --tag t=1 && tar -tf a.tar > list && tar -xOf a.tar metadata.json > metadata.json && tar -tvf a.tar
//! file json: metadata.json {"type":"js","filename":"*","pwd":"*","k6version":"*","goos":"linux","compatibilityMode":"*","dependencies":{"k6":"*"},"env":{"A":"packed"},"options":{"vus":2,"iterations":2,"duration":null,"scenarios":null,"tags":{"t":"1"},"summaryTrendStats":["avg","min","med","max","p(90)","p(95)"]}}
//! file: list metadata.json\ndata\n
//! file: list /lib.js\n
//! file: list /data.txt\n
//! out: link to data
//! no log:
//! case: without env
//! shell: k6 archive script.js -O a.tar -e A=packed --exclude-env-vars && tar -xOf a.tar metadata.json
//! out json: {"env":null}
//! case: it runs where nothing else is, under flags
//! shell: k6 archive script.js -O a.tar -e A=packed && mkdir away && mv a.tar away && rm script.js lib.js data.txt && cd away && k6 run a.tar && k6 run a.tar -e A=flag -i 3
//! log: x2 lib text packed
//! log: x3 lib text flag
//! case: the default name
//! shell: k6 archive script.js && k6 run archive.tar
//! log: x2 lib text undefined
//! case: an unknown first folder is an error
//! shell: mkdir other && echo x > other/x && k6 archive script.js -O a.tar && tar -rf a.tar other/x && k6 run a.tar
//! exit: 255
//! log: other
import { word } from './lib.js';
const text = open('./data.txt').trim();
export const options = { vus: 2, iterations: 2 };
export default function () {
  console.log(`${word} ${text} ${__ENV.A}`);
}
//@ file: lib.js
export const word = 'lib';
//@ file: data.txt
text
