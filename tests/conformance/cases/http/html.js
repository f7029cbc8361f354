//! rule: api 6.8 res.html, submitForm and clickLink
//! checks: 11
//! wire: GET /act?a=1&b=own&go=Send HTTP/1.1
//! wire: POST /post HTTP/1.1
//! wire: \n\nc=3&other=x
//! wire: GET /linked?q=1 HTTP/1.1
//! wire: GET /second HTTP/1.1
import http from 'k6/http';
import { check } from 'k6';
function thrown(run) { try { run(); } catch (e) { return e; } }
const page = '<html><body><a href="/linked?q=1">x</a><a id="s" href="second">y</a><form action="/act?old=1"><input name="a" value="1"><input name="b" value="2"><input type="checkbox" name="c" value="no"><input type="submit" name="go" value="Send"></form><form id="p" method="post" action="/post"><input name="c" value="3"></form><p>text <b>bold</b></p></body></html>';
const base = __ENV.WIRE;
const answer = (html) => `${base}/keep?${encodeURIComponent(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${html.length}\r\n\r\n${html}`)}`;
export default function () {
  const r = http.get(answer(page));
  check(r, {
    html: (r) => r.html().find('p').text() === 'text bold' && r.html('b').text() === 'bold',
    'links are resolved': (r) => r.html('a').get(0).href() === `${base}/linked?q=1` || console.log(r.html('a').get(0).href()),
    submit: (r) => r.submitForm({ fields: { b: 'own' } }).status === 200,
    'submit by POST': (r) => r.submitForm({ formSelector: '#p', fields: { other: 'x' } }).request.method === 'POST',
    click: (r) => r.clickLink().url === `${base}/linked?q=1`,
    'click by selector': (r) => r.clickLink({ selector: '#s', params: { headers: { 'X-A': 'b' } } }).request.headers['X-A'][0] === 'b',
    'no form': (r) => thrown(() => r.submitForm({ formSelector: '#none' })) instanceof Error,
    'no link': (r) => thrown(() => r.clickLink({ selector: '#none' })) instanceof Error,
    'nothing found': (r) => r.html('#none').size() === 0,
    'attributes': (r) => r.html().find('a').eq(1).attr('href') === 'second' && r.html('a').attr('none') === undefined && r.html('a').attr('none', 'd') === 'd',
    'empty body': () => http.get(answer('')).html().find('a').size() === 0,
  });
}
