//! rule: api 4, 14 timers: arguments, this, order, negative and missing delays; k6/timers has the same functions
//! order: first | second a,b | third | kept
//! no log: cleared
//! log: this true
//! no log: level=error
import timers, { setTimeout as later, clearTimeout as stop } from 'k6/timers';
export default function () {
  setTimeout(function (...args) { console.log('second ' + args.join()); console.log('this ' + (this === globalThis)); }, 5, 'a', 'b');
  later(() => console.log('first'), -100);
  setTimeout(() => console.log('third'), '30');
  setTimeout(() => console.log('kept'), 60);
  stop(setTimeout(() => console.log('cleared'), 10));
  timers.clearInterval(timers.setInterval(() => console.log('cleared'), 1));
}
