//! `k6/html` and what a response's HTML leads to: scripts beside what comes of them.

mod kit;

use kit::World;
use loadd_script::ScriptFailure;

const LIST: &str = r#"<div id="root" class="a b" data-count="5" data-foo-bar='{"x":1}' data-id="007" data-on="true" lang="en">
<ul><li id="l1" class="x">one</li><li id="l2">two <b>bold</b></li><li id="l3" class="x">three</li><li id="l4">four</li></ul>
<p title="t">text &lt;<!-- c --><br></p><script>if (a < b) {}</script></div>"#;

fn run(body: &str) -> (kit::Outcomes, World) {
    let mut world = World::new(&format!(
        "import http from 'k6/http';
         import {{ parseHTML }} from 'k6/html';
         const doc = parseHTML(`{LIST}`);
         const ids = s => s.toArray().map(x => x.attr('id')).join();
         export default function () {{ {body} }}"
    ));
    let outcome = world.call();
    (outcome, world)
}

fn all(cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        let (outcome, world) = run(body);
        assert_eq!(
            outcome,
            Ok(Some((*expected).to_owned())),
            "{body}\n{:?}",
            world.log()
        );
    }
}

#[test]
fn selections_lead_to_selections() {
    all(&[
        ("return ids(doc.find('li'))", r#""l1,l2,l3,l4""#),
        (
            "return [ids(doc.single('li.x')), doc.find('li').single('b').text()]",
            r#"["l1","bold"]"#,
        ),
        (
            "return [ids(doc.find('ul').children()), ids(doc.find('ul').children('.x')), doc.find('ul').contents().size()]",
            r#"["l1,l2,l3,l4","l1,l3",4]"#,
        ),
        (
            "return [ids(doc.find('#l2').next()), ids(doc.find('#l2').nextAll()), ids(doc.find('#l1').nextUntil('#l4')), ids(doc.find('#l1').nextUntil('#l4', '.x')), ids(doc.find('li').next('.x'))]",
            r#"["l3","l3,l4","l2,l3","l3","l3"]"#,
        ),
        (
            "return [ids(doc.find('#l3').prev()), ids(doc.find('#l3').prevAll()), ids(doc.find('#l4').prevUntil(doc.find('#l1')))]",
            r#"["l2","l2,l1","l3,l2"]"#,
        ),
        (
            "return [ids(doc.find('b').parent()), doc.find('b').parents().size(), doc.find('b').parentsUntil('#root').size(), ids(doc.find('b').closest('li')), ids(doc.find('#l1').closest('.x')), doc.find('html').parent().size()]",
            r#"["l2",5,2,"l2","l1",0]"#,
        ),
        (
            "return [ids(doc.find('#l2').siblings()), ids(doc.find('#l2').siblings('.x'))]",
            r#"["l1,l3,l4","l1,l3"]"#,
        ),
        (
            "const li = doc.find('li'); return [ids(li.eq(1)), ids(li.eq(-1)), li.eq(9).size(), ids(li.first()), ids(li.last()), ids(li.slice(1, 3)), ids(li.slice(-2)), li.slice(3, 1).size()]",
            r#"["l2","l4",0,"l1","l4","l2,l3","l3,l4",0]"#,
        ),
        (
            "const li = doc.find('li'); return [ids(li.filter('.x')), ids(li.filter((i, e) => e.text() == 'four')), ids(li.filter(doc.find('#l2'))), ids(li.not('.x')), ids(li.not((i) => i > 0)), ids(li.has('b'))]",
            r#"["l1,l3","l4","l2","l2,l4","l1","l2"]"#,
        ),
        (
            "const li = doc.find('li'); return [li.is('.x'), li.is('p'), li.is((i, e) => e.attr('id') == 'l3'), li.is(doc.find('#l1'))]",
            "[true,false,true,true]",
        ),
        (
            "return [ids(doc.find('#l1').add('#l3')), ids(doc.find('#l1').add(doc.find('li'))), ids(doc.find('li').find('b').end()), doc.end().size()]",
            r#"["l1,l3","l1,l2,l3,l4","l1,l2,l3,l4",0]"#,
        ),
        (
            "return [ids(doc.find(doc.find('#l1').get(0))), doc.find('p').find(doc.find('#l1')).size()]",
            r#"["l1",0]"#,
        ),
        // Selectors
        (
            "return [ids(doc.find('li:contains(\"bold\")')), ids(doc.find('li:has(b)')), ids(doc.find('li:not(.x)')), ids(doc.find('li:nth-child(2n)')), ids(doc.find('li:first-child')), ids(doc.find('li:matches(.x)')), ids(doc.find('[id$=\"4\"]')), ids(doc.find('#l1 ~ li, #l1'))]",
            r#"["l2","l2","l2,l4","l2,l4","l1","l1,l3","l4","l1,l2,l3,l4"]"#,
        ),
    ]);
}

#[test]
fn selections_are_read() {
    all(&[
        (
            "return [doc.find('li').text(), doc.find('li').size(), doc.find('li').length === undefined, doc.find('q').text()]",
            r#"["onetwo boldthreefour",4,true,""]"#,
        ),
        (
            "return [doc.find('#l2').html(), doc.find('p').html(), doc.find('script').html(), doc.find('q').html()]",
            r#"["two <b>bold</b>","text &lt;<!-- c --><br/>","if (a < b) {}",""]"#,
        ),
        (
            "return [doc.find('p').attr('title'), doc.find('p').attr('none') === undefined, doc.find('p').attr('none', 'd')]",
            r#"["t",true,"d"]"#,
        ),
        (
            "const r = doc.find('#root'); return [r.data('count'), r.data('fooBar').x, r.data('foo-bar').x, r.data('id'), r.data('on'), r.data('none') === undefined, Object.keys(r.data()).sort()]",
            r#"[5,1,1,"007",true,true,["count","fooBar","id","on"]]"#,
        ),
        (
            "const li = doc.find('li'); return [li.get().length, li.get(1).id(), li.get(-1).id(), li.get(9) === undefined, li.toArray()[2].attr('id')]",
            r#"[4,"l2","l4",true,"l3"]"#,
        ),
        (
            "return [doc.find('#l3').index(), doc.find('#l3').index('li.x'), doc.find('li').index(doc.find('#l2')), doc.find('p').index('li')]",
            "[2,1,1,-1]",
        ),
        (
            "const seen = []; doc.find('li').each((i, e) => seen.push(i + e.id())); return [seen.join(), doc.find('li').map((i, s) => i + s.text())]",
            r#"["0l1,1l2,2l3,3l4",["0one","1two bold","2three","3four"]]"#,
        ),
    ]);
}

#[test]
fn elements_answer_by_methods() {
    all(&[
        (
            "const e = doc.find('#root').get(0); return [e.nodeName(), e.nodeType(), e.id(), e.className(), e.classList(), e.lang(), e.hasAttributes(), e.hasAttribute('x'), e.getAttribute('id'), e.getAttribute('x') === undefined, e.attributes().class.value, e.getAttributeNode('lang').name, e.childElementCount(), e.namespaceURI()]",
            r#"["div",1,"root","a b",["a","b"],"en",true,false,"root",true,"a b","lang",3,"http://www.w3.org/1999/xhtml"]"#,
        ),
        (
            "const e = doc.find('#l2').get(0); return [e.textContent(), e.innerHTML(), e.toString(), e.firstChild().nodeType(), e.firstChild().nodeValue(), e.lastChild().nodeName(), e.firstElementChild().textContent(), e.parentNode().nodeName(), e.nextElementSibling().id(), e.previousElementSibling().id(), e.childNodes().length, e.children().length, e.hasChildNodes()]",
            r#"["two bold","two <b>bold</b>","<li id=\"l2\">two <b>bold</b></li>",3,"two ","b","bold","ul","l3","l1",2,1,true]"#,
        ),
        (
            "const e = doc.find('ul').get(0), l = doc.find('#l1').get(0); return [e.querySelector('.x').id(), e.querySelectorAll('.x').length, e.getElementsByTagName('LI').length, e.getElementsByClassName('x').length, l.matches('li.x'), e.contains(l), l.contains(e), l.isSameNode(e.children()[0]), l.isEqualNode(e.children()[1]), l.ownerDocument().nodeType(), e.selection().children().size()]",
            r#"["l1",2,4,2,true,true,false,true,false,9,4]"#,
        ),
        (
            "const c = doc.find('p').contents().get(1); return [c.nodeType(), c.nodeValue()]",
            r#"[8," c "]"#,
        ),
    ]);
}

#[test]
fn links_and_fields_of_a_response_are_read_and_resolved() {
    all(&[
        (
            "const r = http.get('http://u:p@x.test:8080/page/here'), a = r.html('a').get(0); return [r.html('title').text(), a.href(), a.hostname(), a.port(), a.host(), a.pathname(), a.search(), a.hash(), a.protocol(), a.origin(), a.username(), a.relList(), a.text(), r.html('#two').get(0).href()]",
            r##"["Home & more","http://u:p@x.test:8080/one?x=1#f","x.test","8080","x.test:8080","/one","?x=1","#f","http:","http://x.test:8080","u",["next","nofollow"],"One","http://u:p@x.test:8080/page/two.html"]"##,
        ),
        (
            "const f = http.get('http://x.test/page').html().find('#login'); return [f.serialize(), f.serializeObject().keep, f.serializeArray().length]",
            r#"["keep=on&lang=English&many=1&many=2&note=a+%26amp%3B+b&token=t1&user=","on",7]"#,
        ),
        (
            "const h = http.get('http://x.test/page').html(); return [h.find('[name=keep]').val(), h.find('[name=user]').val(), h.find('textarea').val(), h.find('[name=lang]').val(), h.find('[name=many]').val(), h.find('option').val(), h.find('form').val() === undefined]",
            r#"["on","","a &amp; b","English",["1","2"],"de",true]"#,
        ),
        (
            "const e = http.get('http://x.test/page').html('#login').get(0), s = e.querySelector('[name=lang]'); return [e.method(), e.action(), e.elements().length, e.length(), s.form().id(), s.selectedIndex(), s.options().length, s.type(), s.value(), e.querySelector('[name=keep]').checked()]",
            r#"["post","http://x.test/in",9,9,"login",1,2,"select-one","English",true]"#,
        ),
    ]);
}

#[test]
fn links_are_clicked_and_forms_submitted() {
    let cases = [
        (
            "http.get('http://x.test/page').clickLink()",
            "http GET http://x.test/one?x=1#f",
        ),
        (
            "http.get('http://x.test/page').clickLink({ selector: '#two', params: { tags: { t: 1 } } })",
            "http GET http://x.test/two.html t=1",
        ),
        (
            "http.get('http://x.test/page').submitForm()",
            "http GET http://x.test/find?go=Go&q=a+b",
        ),
        (
            "http.get('http://x.test/page').submitForm({ fields: { q: 'é', n: 1 } })",
            "http GET http://x.test/find?go=Go&n=1&q=%C3%A9",
        ),
        (
            "http.get('http://x.test/page').submitForm({ formSelector: '#login', submitSelector: 'nothing', fields: { user: 'me' }, params: { headers: { A: 'b' } } })",
            "http POST http://x.test/in a:b content-type:application/x-www-form-urlencoded body=keep=on&lang=English&many=1&many=2&note=a+%26amp%3B+b&token=t1&user=me",
        ),
        (
            "http.get('http://x.test/page').submitForm({ formSelector: '#login', fields: { many: null } })",
            "http POST http://x.test/in content-type:application/x-www-form-urlencoded body=act=in&keep=on&lang=English&many=&note=a+%26amp%3B+b&token=t1&user=",
        ),
    ];
    for (body, expected) in cases {
        let (outcome, world) = run(body);
        assert_eq!(outcome, Ok(None), "{body}");
        assert_eq!(world.ops[1], expected, "{body}");
    }
}

#[test]
fn what_cannot_be_found_or_read_throws() {
    let cases = [
        (
            "http.get('http://x.test/status/204').html()",
            "body is null",
        ),
        (
            "http.get('http://x.test/page', { responseType: 'none' }).html()",
            "body is null",
        ),
        ("doc.find('a[')", "invalid selector"),
        (
            "http.get('http://x.test/page').clickLink({ selector: 'nav' })",
            "no element found",
        ),
        (
            "http.get('http://x.test/page').clickLink({ selector: 'form' })",
            "href",
        ),
        (
            "http.get('http://x.test/page').submitForm({ formSelector: 'nav' })",
            "no form found",
        ),
        ("doc.find('li').each(5)", "function"),
        (
            "doc.find('li').each(() => { throw new Error('mine') })",
            "mine",
        ),
    ];
    for (body, expected) in cases {
        match run(body).0 {
            Err(ScriptFailure::Exception { message, .. }) => {
                assert!(message.contains(expected), "{body}: {message}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn any_bytes_parse_and_print() {
    bolero::check!()
        .with_iterations(300)
        .with_max_len(512)
        .for_each(|bytes: &[u8]| {
            let html = String::from_utf8_lossy(bytes);
            let script = format!(
                "import {{ parseHTML }} from 'k6/html';
                 const html = {};
                 export default function () {{ const d = parseHTML(html); d.html(); d.text(); d.find('*').serialize(); d.find('*').data(); return 1 }}",
                serde_json::Value::from(html.as_ref())
            );
            assert_eq!(World::new(&script).call(), Ok(Some("1".to_owned())));
        });
}
