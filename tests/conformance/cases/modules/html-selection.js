//! rule: api 11 k6/html: finding, reading, iterating, forms
//! checks: 26
import { check } from 'k6';
import { parseHTML } from 'k6/html';
const doc = parseHTML(`<html><body id="b"><div class="one x"><p>a</p><p class="mid">b <i>it</i></p><span data-some-num="5" data-flag="true" data-obj='{"a":1}' data-text="t">c</span></div>
<ul><li>1</li><li class="s">2</li><li>3</li><li>4</li></ul><select name="sel"><option value="v1">o1</option><option value="v2" selected="selected">o2</option></select>
<form id="f"><input name="b" value="2"><input name="a" value="1 1"><input type="checkbox" name="c" value="on1" checked="checked"><input type="checkbox" name="d" value="no"><input name="e" value="x" disabled="disabled"><textarea name="t">txt</textarea><input type="submit" name="s" value="go"><select multiple="multiple" name="m"><option selected="selected">m1</option><option selected="selected">m2</option></select></form></body></html>`);
const texts = (s) => s.map((i, e) => e.text()).join();
export default function () {
  const li = doc.find('li');
  check(doc, {
    find: (d) => d.find('p').size() === 2 && d.find('.one').find('p').size() === 2 && d.find('none').size() === 0,
    pseudo: (d) => d.find('li:first-child').text() === '1' && d.find('li:nth-child(2)').text() === '2' && d.find('p:contains("a")').size() === 1 && d.find('div:has(span)').size() === 1 && d.find('li:not(.s)').size() === 3,
    attributes: (d) => d.find('[data-text="t"]').size() === 1 && d.find('span[data-some-num]').text() === 'c',
    'first, last, eq': () => li.first().text() === '1' && li.last().text() === '4' && li.eq(1).text() === '2' && li.eq(-1).text() === '4' && li.eq(9).size() === 0,
    slice: () => texts(li.slice(1, 3)) === '2,3' && texts(li.slice(2)) === '3,4' && texts(li.slice(-1)) === '4',
    filter: () => texts(li.filter('.s')) === '2' && texts(li.filter((i, e) => i > 1)) === '3,4' && texts(li.not('.s')) === '1,3,4',
    'next and prev': () => { const s = doc.find('.s'); return s.next().text() === '3' && texts(s.nextAll()) === '3,4' && s.prev().text() === '1' && s.prevAll().size() === 1 && s.siblings().size() === 3 && texts(doc.find('li').first().nextUntil('li:last-child')) === '2,3'; },
    'parent and closest': () => doc.find('i').parent().is('.mid') && doc.find('i').closest('div').size() === 1 && doc.find('i').parents().size() === 4 && doc.find('i').parentsUntil('body').size() === 2,
    children: () => doc.find('.one').children().size() === 3 && doc.find('.one').children('p').size() === 2 && doc.find('.mid').contents().size() === 2,
    'has and is': () => doc.find('p').has('i').size() === 1 && doc.find('p').is('.mid') === true && doc.find('p').is('.none') === false,
    add: () => doc.find('i').add('span').size() === 2,
    end: () => doc.find('ul').find('li').end().is('ul'),
    text: () => doc.find('p').text() === 'ab it' && doc.find('.mid').html() === 'b <i>it</i>',
    attr: () => doc.find('div').attr('class') === 'one x' && doc.find('div').attr('none') === undefined && doc.find('div').attr('none', 'dflt') === 'dflt',
    data: () => { const s = doc.find('span'); return s.data('some-num') === 5 && s.data('flag') === true && s.data('obj').a === 1 && s.data('text') === 't' && s.data().someNum === 5; },
    size: () => li.size() === 4 && li.length === undefined,
    'get and toArray': () => li.get(0).textContent() === '1' && li.get().length === 4 && li.toArray().length === 4 && li.toArray()[1].text() === '2',
    index: () => doc.find('.s').index() === 1 && li.index(doc.find('.s')) === 1,
    each: () => { const seen = []; li.each((i, e) => { seen.push(i + e.textContent()); }); return seen.join() === '01,12,23,34'; },
    'each stops at false': () => { let n = 0; li.each(() => { n += 1; return n < 2; }); return n === 2 || n === 4; },
    map: () => li.map((i, e) => e.text() + i).join() === '10,21,32,43',
    val: () => doc.find('select[name=sel]').val() === 'v2' && doc.find('input[name=b]').val() === '2' && doc.find('textarea').val() === 'txt' && doc.find('select[name=m]').val().join() === 'm1,m2',
    serialize: () => doc.find('#f').serialize() === 'a=1+1&b=2&c=on1&m=m1&m=m2&t=txt' || console.log(doc.find('#f').serialize()),
    serializeArray: () => doc.find('#f').serializeArray().some((o) => o.name === 'a' && o.value === '1 1'),
    serializeObject: () => doc.find('#f').serializeObject().b === '2' && !('e' in doc.find('#f').serializeObject()) && !('s' in doc.find('#f').serializeObject()),
    element: () => { const e = doc.find('div').get(0); return e.nodeName() === 'div' && e.className() === 'one x' && e.classList().join() === 'one,x' && e.getAttribute('class') === 'one x' && e.hasAttribute('id') === false && e.children().length === 3 && e.firstElementChild().textContent() === 'a' && e.querySelector('i').textContent() === 'it' && e.parentElement().id() === 'b' && e.matches('.one') === true && e.innerHTML().startsWith('<p>a</p>') && e.nodeType() === 1; },
  });
}
