//! rule: engine 4.3 submetrics: every pair with exactly that value; the name keeps the text as written
//! case: all pairs, quotes and spaces
//! with: { 'my{a:1,b:2}': ['avg==2'], 'my{ a: "1" }': ['avg==4'], "my{a:'1',c:x:y}": ['max==9'] }
//! out: { a:1,b:2 }
//! out: { a: "1" }
//! case: the value is compared exactly
//! with: { 'my{a:01}': ['max<1'] }
//! case: two keys that mean the same share one submetric
//! with: { 'my{a:1,b:2}': ['avg==2'], 'my{b:2,a:1}': ['avg==2'] }
//! case: metadata never match
//! with: { 'my{iter:0}': ['max<1'] }
//! log: level=warning
//! case: expected responses are always there
//! with: {}
//! out: { expected_response:true }
//! metric: http_req_duration{expected_response:true}.max >0
//! case: unless the system tag is off
//! run: --system-tags=status
//! with: {}
//! no out: expected_response
import http from 'k6/http';
import { Trend } from 'k6/metrics';
const trend = new Trend('my');
export const options = { thresholds: __WITH__ };
export default function () {
  trend.add(1, { a: '1' });
  trend.add(2, { a: '1', b: '2' });
  trend.add(9, { a: '1', c: 'x:y' });
  http.get(`${__ENV.TARGET}/plain`);
}
