//! rule: api 6.2, 6.8, 6.10, 6.11 statuses: text, error_code, expected_response, http_req_failed
//! checks: 8
//! point: http_reqs{status=404,error_code=1404,expected_response=false,!error} 1
//! point: http_reqs{status=503,error_code=1503,expected_response=false} 1
//! point: http_reqs{status=204,expected_response=true,!error_code} 1
//! point: http_req_failed{status=404} 1 sum=1
//! point: http_req_failed{status=204} 1 sum=0
//! metric: http_req_failed.passes 4
//! metric: http_req_failed.fails 3
import http from 'k6/http';
import { check } from 'k6';
const reply = (head, body = '') => `${__ENV.WIRE}/keep?${encodeURIComponent(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)}`;
export default function () {
  const ok = http.get(reply('200 OK', 'x')), missing = http.get(reply('404 Not Found', 'gone')), busy = http.get(reply('503 Service Unavailable'));
  const empty = http.get(`${__ENV.WIRE}/keep?${encodeURIComponent('HTTP/1.1 204 No Content\r\n\r\n')}`);
  const odd = http.get(reply('299 Own Words')), teapot = http.get(reply("418 I'm a teapot"));
  check(null, {
    200: ok.status === 200 && ok.status_text === '200 OK' && ok.error === '' && ok.error_code === 0,
    404: missing.status === 404 && missing.status_text === '404 Not Found' && missing.error === '' && missing.error_code === 1404 && missing.body === 'gone',
    503: busy.error_code === 1503 && busy.body === '',
    204: empty.body === null && empty.status_text === '204 No Content',
    299: odd.status === 299 && odd.status_text.startsWith('299'),
    418: teapot.status_text === "418 I'm a teapot" && teapot.error_code === 1418,
    101: (() => { try { http.get(`${__ENV.WIRE}/reply?${encodeURIComponent('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')}`); } catch (e) { return e instanceof Error; } return false; })(),
    'boolean': true,
  });
}
