//! rule: engine 2.3, 2.5 a VU that would come at the very end of a ramp does nothing, and nobody waits for it
//! checks: 0
//! took: 1..8
//! case: it would be the only one of an event loop
//! run: -s 1s:2
//! case: many of them
//! run: -s 1s:1,0s:40
import { sleep } from 'k6';
export default function () {
  sleep(0.05);
}
