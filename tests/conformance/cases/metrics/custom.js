//! rule: api 7 the four metrics: kinds, values, add's result, tags
//! checks: 11
//! metric: a_counter 7
//! metric: a_counter.type counter
//! metric: a_gauge 1
//! metric: a_gauge.min 1
//! metric: a_gauge.max 9
//! metric: a_rate.passes 4
//! metric: a_rate.fails 2
//! metric: a_trend.avg 2
//! metric: a_trend.contains default
//! metric: a_time.contains time
//! metric: unused absent
//! point: a_counter{kind=x,n=1,b=true} 1 sum=10
//! point: a_rate 6 sum=7
//! log: level=warning
//! exit: 0
import { check } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
const counter = new Counter('a_counter'), gauge = new Gauge('a_gauge'), rate = new Rate('a_rate'), trend = new Trend('a_trend');
const time = new Trend('a_time', true), unused = new Counter('unused');
const plain = Counter('without_new');
const inInit = thrown(() => counter.add(1));
function thrown(run) { try { run(); } catch (e) { return e; } }
export default function () {
  check(null, {
    results: counter.add(10, { kind: 'x', n: 1, b: true }) === true && counter.add(-3) === true,
    gauge: gauge.add(5) && gauge.add(9) && gauge.add(1),
    rate: rate.add(1) && rate.add(true) && rate.add(4) && rate.add('1') && rate.add(0) && rate.add(false),
    trend: trend.add(1) && trend.add('2') && trend.add([3]) && time.add(1),
    refused: [null, undefined, NaN, 'x', {}].every((v) => trend.add(v) === false) && trend.add() === false,
    'bad tags throw': thrown(() => counter.add(1, { a: null })) instanceof Error && thrown(() => counter.add(1, { a: {} })) instanceof Error,
    name: counter.name === 'a_counter' && trend.name === 'a_trend',
    'read-only': thrown(() => { counter.name = 'x'; }) instanceof TypeError && thrown(() => { counter.add = 1; }) instanceof TypeError,
    'add in init': inInit instanceof Error,
    'new after init': thrown(() => new Counter('late')) instanceof Error,
    'without new': plain.add(1) === true && plain.name === 'without_new',
  });
}
