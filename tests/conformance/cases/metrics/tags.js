//! rule: api 16, 17 tags of built-in metrics: precedence, system tags, run and scenario tags
//! case: default
//! run: --tag run=cli --tag both=run
//! point: http_reqs{run=cli,own=scenario,both=scenario,call=c} 1
//! point: http_reqs{run=cli,both=call} 1
//! point: iterations{run=cli,own=scenario,scenario=one,group=} 1
//! point: data_sent{run=cli,scenario=one} 1
//! point: checks{check=c,own=scenario,group=::g} 1
//! point: group_duration{group=::g,scenario=one} 1
//! point: http_reqs{!ip,!vu,!iter} 2
//! point: vus{scenario=one} 0
//! case: chosen
//! run: --system-tags=status,method
//! point: http_reqs{status=200,method=GET,!url,!name,!group,!scenario,!proto} 2
//! point: checks{!check} 1
//! case: none
//! run: --system-tags=
//! point: http_reqs{!status,!method,!url,!name,!group,!scenario} 2
//! case: more
//! run: --system-tags=ip,vu,iter,status
//! point: http_reqs{ip=127.0.0.1,status=200,vu=1,iter=0} 2
import http from 'k6/http';
import { check, group } from 'k6';
export const options = {
  tags: { script: 's' },
  scenarios: { one: { executor: 'per-vu-iterations', vus: 1, iterations: 1, tags: { own: 'scenario', both: 'scenario' } } },
};
export default function () {
  http.get(`${__ENV.TARGET}/get`, { tags: { call: 'c' } });
  http.get(`${__ENV.TARGET}/get`, { tags: { both: 'call' } });
  group('g', () => check(1, { c: true }));
}
