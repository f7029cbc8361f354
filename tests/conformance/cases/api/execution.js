//! rule: api 9 exec.scenario, instance, vu and test
//! checks: 28
import { check } from 'k6';
import exec from 'k6/execution';
export const options = {
  tags: { run: 'r' },
  scenarios: {
    first: { executor: 'shared-iterations', vus: 1, iterations: 2 },
    second: { executor: 'per-vu-iterations', vus: 1, iterations: 2, startTime: '1s', exec: 'two', tags: { own: 's' } },
  },
};
const began = Date.now();
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  check(exec, {
    name: (e) => e.scenario.name === 'first' && e.scenario.executor === 'shared-iterations',
    start: (e) => Math.abs(e.scenario.startTime - Date.now()) < 20000 && Number.isInteger(e.scenario.startTime),
    progress: (e) => e.scenario.progress >= 0 && e.scenario.progress <= 1,
    iterations: (e) => e.scenario.iterationInInstance === __ITER && e.scenario.iterationInTest === __ITER,
    instance: (e) => e.instance.iterationsCompleted === __ITER && e.instance.iterationsInterrupted === 0 && e.instance.vusActive === 1 && e.instance.vusInitialized === 2,
    duration: (e) => e.instance.currentTestRunDuration > 0 && e.instance.currentTestRunDuration < 60000,
    vu: (e) => e.vu.idInInstance === 1 && e.vu.idInTest === 1 && e.vu.iterationInInstance === __ITER && e.vu.iterationInScenario === __ITER,
    'read anew': (e) => e.instance.currentTestRunDuration !== undefined && e.vu.idInTest === __VU,
    fixed: (e) => thrown(() => { e.vu.idInTest = 5; }) instanceof TypeError,
  });
}
export function two() {
  check(exec, {
    name: (e) => e.scenario.name === 'second' && e.scenario.executor === 'per-vu-iterations',
    iterations: (e) => e.scenario.iterationInInstance === __ITER - 2 && e.vu.iterationInScenario === __ITER - 2 && e.vu.iterationInInstance === __ITER,
    tags: (e) => e.vu.tags.run === 'r' && e.vu.tags.own === 's' && e.vu.tags.scenario === 'second' && e.vu.tags.group === '',
    options: (e) => { const o = e.test.options; return Object.isFrozen(o) && o.scenarios.first.vus === 1 && o.tags.run === 'r' && o.vus === undefined && o.stages === undefined && o.duration === undefined && o.iterations === undefined; },
    unset: (e) => e.test.options.rps === null && e.test.options.userAgent !== undefined,
  });
}
