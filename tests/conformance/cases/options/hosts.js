//! rule: engine 1.5 hosts: port first, exact before wildcard, names stay in Host and url; literals too
//! checks: 5
//! wire: Host: shop.test
//! wire: Host: www.shop.test:8081
//! wire: Host: 127.0.0.77
//! point: http_reqs{url=http://shop.test/exact} 1
//! log: lookup: no such host
import http from 'k6/http';
import { check } from 'k6';

const wire = __ENV.WIRE.slice('http://'.length);
export const options = {
  hosts: {
    'shop.test': wire,
    '*.shop.test:8081': wire,
    '*.shop.test': '127.0.0.1:1',
    '127.0.0.77': wire,
    'nowhere.test': 'no-address',
  },
};
const from = (url) => http.get(url).status;
export default function () {
  check(null, {
    exact: () => from('http://SHOP.test/exact'.replace('SHOP', 'shop')) === 200,
    'with its port': () => from('http://www.shop.test:8081/port') === 200,
    'without its port': () => http.get('http://www.shop.test:80/port').error_code === 1212,
    literal: () => from('http://127.0.0.77/literal') === 200,
    'no address': () => http.get('http://nowhere.test/').error_code === 1101,
  });
}
