//! rule: api 3.4 __ITER counts per VU from 0 and goes on across scenarios; jars are new for each iteration
//! log: a 0 0 0
//! log: a 1 1 0
//! log: b 2 0 0
//! log: b 3 1 0
import http from 'k6/http';
import exec from 'k6/execution';
export const options = {
  scenarios: {
    a: { executor: 'per-vu-iterations', vus: 1, iterations: 2, exec: 'one' },
    b: { executor: 'per-vu-iterations', vus: 1, iterations: 2, exec: 'one', startTime: '1500ms' },
  },
};
export function one() {
  const jar = http.cookieJar();
  const seen = Object.keys(jar.cookiesForURL('http://a.test/')).length;
  jar.set('http://a.test/', 'n', 'v');
  console.log(`${exec.scenario.name} ${__ITER} ${exec.vu.iterationInScenario} ${seen}`);
  if (exec.vu.iterationInInstance !== __ITER) throw new Error('iterationInInstance');
}
