//! rule: engine 1.5, api 6.11 blockHostnames 1111 before hosts, blacklistIPs 1110 on the final address
//! checks: 4
//! no wire: Host
//! point: http_reqs{error=hostname is blocked,error_code=1111,status=0} 1
//! point: http_reqs{error=ip is blacklisted,error_code=1110,status=0} 2
//! case: by the script
//! with: { blockHostnames: ['*.Blocked.test'], blacklistIPs: ['127.0.0.0/8'] }
//! case: by flags
//! run: --block-hostnames=*.blocked.test --blacklist-ip=127.0.0.0/8,10.0.0.0/8
//! with: {}
//! case: by the environment
//! env: K6_BLOCK_HOSTNAMES=x.test,*.blocked.test
//! env: K6_BLACKLIST_IPS=127.0.0.1/32
//! with: {}
import http from 'k6/http';
import { check } from 'k6';

const wire = __ENV.WIRE.slice('http://'.length);
export const options = Object.assign({ hosts: { 'a.blocked.test': wire, 'b.test': wire } }, __WITH__);
export default function () {
  const blocked = http.get('http://a.blocked.test/');
  check(blocked, {
    'its code': (r) => r.error_code === 1111 && r.status === 0,
    'its text': (r) => r.error === 'hostname is blocked',
  });
  check(null, {
    'by hosts': () => http.get('http://b.test/').error_code === 1110,
    'by its address': () => http.get(__ENV.WIRE).error === 'ip is blacklisted',
  });
}
