//! rule: api 6.9, 8 a foreign page: html(), clickLink, submitForm
//! checks: 5
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.HTTPBIN;
  const page = http.get(`${url}/html`);
  const form = http.get(`${url}/forms/post`);
  const sent = form.submitForm({ fields: { custname: 'Anna', size: 'large', topping: 'bacon', comments: 'knock & ring' } });
  const links = http.get(`${url}/links/3/0`);
  const second = links.clickLink({ selector: 'a:nth-of-type(2)' });
  check(null, {
    'title': () => page.html('h1').text() === 'Herman Melville - Moby-Dick',
    'form': () => sent.json('form.custname') === 'Anna' && sent.json('form.size') === 'large',
    'text of a form': () => sent.json('form.comments') === 'knock & ring',
    'links': () => links.html().find('a').size() === 2,
    'clicked': () => second.url === `${url}/links/3/2`,
  });
}
