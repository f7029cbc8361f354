//! rule: api 3.4 an exception ends the iteration, is logged with its place, and counts as complete; rejections alike
//! case: throws
//! with: throw new Error('broken');
//! run: --iterations 2
//! log: x2 broken
//! log: script.js
//! metric: iterations 2
//! case: type-error
//! with: undefined.x;
//! log: TypeError
//! metric: iterations 1
//! case: throws-text
//! with: throw 'just text';
//! log: just text
//! metric: iterations 1
//! case: fail
//! with: fail('given up');
//! log: given up
//! metric: iterations 1
//! case: in-timer
//! with: setTimeout(() => { throw new Error('in timer'); }, 1); setTimeout(() => console.log('later'), 500);
//! log: in timer
//! no log: later
//! metric: iterations 1
//! took: <30
//! case: async
//! with: return (async () => { await null; throw new Error('async'); })();
//! log: Uncaught (in promise)
//! log: async
//! metric: iterations 1
//! case: rejection
//! with: setTimeout(() => console.log('later'), 500); Promise.reject(new Error('unhandled'));
//! log: Uncaught (in promise)
//! log: unhandled
//! log: level=warning
//! no log: later
//! metric: iterations 1
//! case: handled
//! with: Promise.reject(new Error('unhandled')).catch(() => console.log('caught'));
//! log: caught
//! no log: Uncaught
//! metric: iterations 1
//! case: never-settled
//! with: return new Promise(() => {});
//! metric: iterations 1
//! no log: level=error
//! took: <30
//! case: pending-timer
//! with: setTimeout(() => console.log('later'), 30);
//! log: later
//! metric: iterations 1
//! metric: iteration_duration.min >=30
//! case: interval
//! with: let n = 0; const id = setInterval(() => { n += 1; if (n === 3) { clearInterval(id); console.log('three'); } }, 5);
//! log: x1 three
//! metric: iterations 1
//! case: pending-request
//! with: http.asyncRequest('GET', `${__ENV.TARGET}/get`).then((r) => console.log('came ' + r.status));
//! log: came 200
//! metric: iterations 1
//! case: sleep-blocks
//! with: setTimeout(() => console.log('timer'), 1); sleep(0.05); console.log('slept');
//! order: slept | timer
//! case: microtasks
//! with: setTimeout(() => console.log('timer'), 0); Promise.resolve().then(() => console.log('job')); console.log('sync');
//! order: sync | job | timer
import { fail, sleep } from 'k6';
import http from 'k6/http';
export default function () {
  const target = __ENV.TARGET;
  __WITH__
}
