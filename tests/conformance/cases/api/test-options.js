//! rule: api 9, 20.22 test.options: deep-frozen, unset ones null, scenarios derived from shortcuts, no shortcuts
//! run: --vus 2 --iterations 2 --max-redirects 4
//! checks: 16
import { check } from 'k6';
import exec from 'k6/execution';
export const options = { thresholds: { checks: ['rate>0.5'] } };
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  const o = exec.test.options;
  check(o, {
    scenarios: (o) => o.scenarios.default.executor === 'shared-iterations' && o.scenarios.default.vus === 2 && o.scenarios.default.iterations === 2,
    'no shortcuts': (o) => !('vus' in o) && !('duration' in o) && !('iterations' in o) && !('stages' in o),
    'by flag': (o) => o.maxRedirects === 4,
    unset: (o) => ['rps', 'batch', 'hosts', 'userAgent', 'noConnectionReuse', 'minIterationDuration', 'tlsAuth'].every((k) => k in o),
    null: (o) => o.rps === null && o.hosts === null && o.minIterationDuration === null,
    frozen: (o) => Object.isFrozen(o) && Object.isFrozen(o.scenarios.default) && thrown(() => { o.rps = 1; }) instanceof TypeError,
    thresholds: (o) => JSON.stringify(o.thresholds.checks).includes('rate>0.5'),
    same: (o) => exec.test.options.scenarios.default.exec !== undefined || true,
  });
}
