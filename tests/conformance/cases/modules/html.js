//! rule: api 11, 6.8 k6/html: parseHTML and the Selection API; an Element's properties are methods
//! checks: 8
import { check } from 'k6';
import { parseHTML } from 'k6/html';

const page = parseHTML('<ul id="l"><li class="a" data-n="5">one</li><li>two <b>2</b></li></ul><textarea>a &amp; b</textarea>');
export default function () {
  const items = page.find('li');
  check(items, {
    size: (s) => s.size() === 2 && s.length === undefined,
    text: (s) => s.text() === 'onetwo 2',
    html: (s) => s.eq(-1).html() === 'two <b>2</b>',
    data: (s) => s.first().data('n') === 5,
    each: (s) => { const names = []; s.each((i, el) => names.push(i + el.nodeName())); return names.join() === '0li,1li'; },
    map: (s) => s.map((i, one) => one.text()).join() === 'one,two 2',
    filter: (s) => s.filter((i, one) => one.find('b').size() === 1).text() === 'two 2' && s.not('.a').size() === 1,
    value: () => page.find('textarea').val() === 'a &amp; b',
  });
}
