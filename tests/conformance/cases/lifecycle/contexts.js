//! rule: api 3.1 what is there in which phase
//! checks: 49
//! log: summary ok
import { check, group, sleep } from 'k6';
import http from 'k6/http';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { SharedArray } from 'k6/data';

const counter = new Counter('made');
function throws(run) { try { run(); } catch (e) { return e instanceof Error; } return false; }
// Only init has these.
const onlyInit = {
  open: () => open('./data.txt'),
  require: () => require('k6'),
  Counter: () => new Counter('other'),
  SharedArray: () => new SharedArray('other', () => [1]),
};
// Everyone but init has these.
const neverInit = {
  get: () => http.get(`${__ENV.TARGET}/get`),
  asyncRequest: () => http.asyncRequest('GET', `${__ENV.TARGET}/get`),
  batch: () => http.batch([`${__ENV.TARGET}/get`]),
  check: () => check(1, { 'in': true }),
  group: () => group('g', () => 1),
  add: () => counter.add(1),
  cookieJar: () => http.cookieJar(),
  'exec.vu': () => exec.vu.idInTest,
  'exec.vu.tags': () => exec.vu.metrics.tags,
  options: () => exec.test.options,
};
// Everyone has these.
const always = {
  sleep: () => sleep(0.001),
  setTimeout: () => setTimeout(() => {}, 1),
  expectedStatuses: () => http.expectedStatuses(200),
  setResponseCallback: () => http.setResponseCallback(http.expectedStatuses({ min: 200, max: 399 })),
  CookieJar: () => new http.CookieJar(),
  file: () => http.file('x'),
  url: () => http.url`http://a/${1}`,
};
const scenario = {
  name: () => exec.scenario.name,
  executor: () => exec.scenario.executor,
  startTime: () => exec.scenario.startTime,
  progress: () => exec.scenario.progress,
  iterationInTest: () => exec.scenario.iterationInTest,
};
const instance = { vusActive: () => exec.instance.vusActive, duration: () => exec.instance.currentTestRunDuration };

const inInit = {};
for (const [name, run] of Object.entries({ ...neverInit, ...scenario, ...instance })) inInit[name] = throws(run);
for (const [name, run] of Object.entries({ ...onlyInit, ...always })) {
  if (name !== 'Counter' && name !== 'SharedArray') inInit[name] = !throws(run);
}
const first = JSON.stringify(inInit);

function works(phase, table) { for (const [name, run] of Object.entries(table)) check(null, { [`${phase}: ${name} works`]: () => (run(), true) }); }
function refused(phase, table) { for (const [name, run] of Object.entries(table)) check(null, { [`${phase}: ${name} throws`]: () => throws(run) }); }

export function setup() {
  refused('setup', onlyInit);
  refused('setup', scenario);
  works('setup', { ...always, ...instance, vu: () => { if (exec.vu.idInTest !== 0 || exec.vu.idInInstance !== 0) throw new Error('id'); } });
  check(JSON.parse(first), { 'init: all as k6 has it': (seen) => { const bad = Object.keys(seen).filter((k) => !seen[k]); if (bad.length) console.error(bad.join()); return bad.length === 0; } });
}
export default function () {
  refused('vu', onlyInit);
  works('vu', { ...always, ...scenario, ...instance });
  check(null, { 'vu: request': () => http.get(`${__ENV.TARGET}/get`).status === 200 });
}
export function teardown() {
  refused('teardown', onlyInit);
  refused('teardown', scenario);
  check(null, { 'teardown: request': () => http.get(`${__ENV.TARGET}/get`).status === 200 });
}
export function handleSummary(data) {
  const bad = [];
  for (const [name, run] of Object.entries({ ...onlyInit, ...scenario, ...instance })) if (!throws(run)) bad.push(name);
  for (const [name, run] of Object.entries({ ...always, vu: () => exec.vu.idInTest, options: () => exec.test.options, get: neverInit.get })) if (throws(run)) bad.push('not ' + name);
  console.log(bad.length ? 'summary: ' + bad.join() : 'summary ok');
  console.log('@@conformance ' + JSON.stringify(data));
  return {};
}
//@ file: data.txt
data
