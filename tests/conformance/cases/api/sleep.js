//! rule: api 5 sleep: seconds, fractions, numeric text; negative, NaN and missing do not wait
//! checks: 3
//! took: <20
import { check, sleep } from 'k6';
sleep(0.01);
export default function () {
  const took = (run) => { const start = Date.now(); run(); return Date.now() - start; };
  check(null, {
    waits: took(() => sleep(0.1)) >= 99,
    text: took(() => sleep('0.1')) >= 99,
    'does not wait': took(() => { sleep(-5); sleep(NaN); sleep(); sleep(null); sleep('x'); sleep(0); }) < 3000,
  });
}
