//! Scripts beside what comes of them: one row per promise of the API.

mod kit;

use kit::World;
use loadd_script::ScriptFailure;

/// Runs `body` as the default function with everything imported and gives its result as JSON text.
fn run(body: &str) -> (kit::Outcomes, World) {
    let mut world = World::new(&format!(
        "import http from 'k6/http';
         import {{ check, group, sleep, fail, randomSeed }} from 'k6';
         import exec from 'k6/execution';
         import {{ Counter, Trend }} from 'k6/metrics';
         import {{ SharedArray }} from 'k6/data';
         const hits = new Counter('hits'); const took = Trend('took', true);
         const list = new SharedArray('list', () => [{{ a: 1 }}, {{ a: [2] }}, 'x']);
         export default {body}"
    ));
    let outcome = world.call();
    (outcome, world)
}

#[test]
fn functions_return_what_k6_returns() {
    let cases = [
        (
            "function () { return [__VU, __ITER, typeof __ENV.HOME, __ENV.N + 1] }",
            r#"[1,0,"string","51"]"#,
        ),
        (
            "function () { __ENV.X = 'y'; return [__ENV.X, Object.keys(__ENV)] }",
            r#"["y",["HOME","N","X"]]"#,
        ),
        ("function () { return global === globalThis }", "true"),
        (
            "function () { return check({ v: 1 }, { yes: o => o.v == 1, also: 1 }) }",
            "true",
        ),
        (
            "function () { return check(null, { no: () => 0, yes: 'x' }) }",
            "false",
        ),
        ("function () { return group('a', () => 7) }", "7"),
        (
            "function () { try { fail('no') } catch (e) { return [e instanceof Error, e.message] } }",
            r#"[true,"no"]"#,
        ),
        (
            "function () { randomSeed(1); const a = Math.random(); randomSeed(1); return a === Math.random() && a >= 0 && a < 1 }",
            "true",
        ),
        ("async function () { return await Promise.resolve(3) }", "3"),
        (
            "async function () { let t = 0; await new Promise(r => { const id = setInterval(() => { if (++t == 3) { clearInterval(id); r() } }, 1) }); return t }",
            "3",
        ),
        (
            "function () { return [setTimeout(() => {}), setTimeout(() => {})] }",
            "[1,2]",
        ),
        (
            "function () { const id = setTimeout(() => { throw 1 }, 1); clearTimeout(id); return 'ok' }",
            r#""ok""#,
        ),
        // Response
        (
            "function () { const r = http.get('http://x.test/status/201'); return [r.status, r.status_text, r.proto, r.url, r.error, r.error_code] }",
            r#"[201,"201 Created","HTTP/1.1","http://x.test/status/201","",0]"#,
        ),
        (
            "function () { const r = http.get('http://x.test/status/404'); return [r.status, r.error_code, r.remote_ip, r.remote_port] }",
            r#"[404,1404,"127.0.0.1",80]"#,
        ),
        (
            "function () { const r = http.get('http://x.test/'); return [r.body.length, r.body === r.body, r.headers === r.headers, r.headers['Content-Type'], r.headers['Set-Cookie']] }",
            r#"[54,true,true,"application/json","a=1; Path=/; HttpOnly, b=2"]"#,
        ),
        (
            "function () { const r = http.get('http://x.test/'); return [r.json().list[1].id, r.json('list.#.id'), r.json('list.1.id'), r.json('nope') === undefined, r.json('text')] }",
            r#"[2,[1,2],2,true,"é"]"#,
        ),
        (
            "function () { const t = http.get('http://x.test/').timings; return [t.duration, t.sending, t.waiting, t.looking_up, t.blocked] }",
            "[3.5,1,2,0,0]",
        ),
        (
            "function () { const c = http.get('http://x.test/').cookies; return [c.a[0].http_only, c.a[0].path, c.b[0].value] }",
            r#"[true,"/","2"]"#,
        ),
        (
            "function () { const r = http.post('http://x.test/p', 'hi', { headers: { 'x-a': 'b' } }).request; return [r.method, r.url, r.body, r.headers['X-A'], r.headers['User-Agent']] }",
            r#"["POST","http://x.test/p","hi",["b"],["loadd-test"]]"#,
        ),
        (
            "function () { return http.get('http://x.test/status/204').body }",
            "null",
        ),
        (
            "function () { const r = http.get('http://x.test/', { responseType: 'binary' }); return [r.body instanceof ArrayBuffer, r.body.byteLength] }",
            "[true,54]",
        ),
        (
            "function () { const r = http.get('http://x.test/', { responseType: 'none' }); return r.body }",
            "null",
        ),
        (
            "function () { return Object.keys(JSON.parse(JSON.stringify(http.get('http://x.test/')))).join() }",
            r#""remote_ip,remote_port,url,status,status_text,proto,headers,cookies,body,timings,tls_version,tls_cipher_suite,ocsp,error,error_code,request""#,
        ),
        (
            "function () { const r = http.get('http://[::1'); return [r.status, r.error_code, r.error.length > 0, r.url, r.request] }",
            r#"[0,1020,true,"",null]"#,
        ),
        (
            "function () { const r = http.get(5); return [r.status, r.error_code] }",
            "[0,1020]",
        ),
        (
            "function () { return http.batch(['http://x.test/a', ['POST', 'http://x.test/b', 'q'], { url: 'http://x.test/status/500' }]).map(r => r.status) }",
            "[200,200,500]",
        ),
        (
            "function () { const r = http.batch({ a: 'http://x.test/', b: { method: 'delete', url: 'http://x.test/' } }); return [r.a.status, r.b.request.method] }",
            r#"[200,"DELETE"]"#,
        ),
        (
            "function () { const r = http.batch(['http://x.test/', 5, 'http://x.test/']); return [r[0].status, r[1].error_code, r[2]] }",
            "[0,1020,null]",
        ),
        (
            "async function () { const [a, b] = await Promise.all([http.asyncRequest('GET', 'http://x.test/'), http.asyncRequest('POST', 'http://x.test/status/503', 'x')]); return [a.status, b.status] }",
            "[200,503]",
        ),
        (
            "function () { return http.url`http://x.test/${1}/a/${'b'}` }",
            r#"{"url":"http://x.test/1/a/b","name":"http://x.test/${}/a/${}","clean_url":"http://x.test/1/a/b"}"#,
        ),
        (
            "function () { const f = http.file('abc', 'a.txt', 'text/plain'); return [f.data, f.filename, f.content_type] }",
            r#"["abc","a.txt","text/plain"]"#,
        ),
        (
            "function () { const j = http.cookieJar(); j.set('http://x.test/', 'k', 'v'); return [j.cookiesForURL('http://x.test/'), new http.CookieJar().cookiesForURL('http://x.test/')] }",
            r#"[{"k":["v"]},{}]"#,
        ),
        (
            "function () { return [http.TLS_1_2, http.OCSP_STATUS_GOOD, http.OCSP_REASON_KEY_COMPROMISE] }",
            r#"["tls1.2","good","key_compromise"]"#,
        ),
        // metrics
        (
            "function () { return [hits.add(1), hits.add('2'), hits.add(true, { a: 1 }), hits.add('x'), hits.name, took.name] }",
            r#"[true,true,true,false,"hits","took"]"#,
        ),
        // SharedArray
        (
            "function () { return [list.length, list[0].a, list[9] === undefined, Array.isArray(list), list.map(x => typeof x), [...list].length, list[0] !== list[0]] }",
            r#"[3,1,true,true,["object","object","string"],3,true]"#,
        ),
        (
            "function () { const out = []; for (const f of [() => list.push(1), () => { list[0] = 1 }, () => { list.length = 0 }, () => { list[0].a = 5 }, () => { list[1].a.push(1) }]) { try { f(); out.push('no') } catch (e) { out.push(e.name) } } return out }",
            r#"["TypeError","TypeError","TypeError","TypeError","TypeError"]"#,
        ),
        (
            "function () { return [JSON.stringify(list), list.filter(x => x.a).length, Object.keys(list), 1 in list, 5 in list, list.indexOf('x')] }",
            r#"["[{\"a\":1},{\"a\":[2]},\"x\"]",2,["0","1","2"],true,false,2]"#,
        ),
        // execution
        (
            "function () { return [exec.scenario.name, exec.scenario.executor, exec.scenario.progress, exec.scenario.iterationInTest, exec.instance.vusActive, exec.vu.idInTest, exec.vu.iterationInScenario] }",
            r#"["main","constant-vus",0.5,8,3,2,5]"#,
        ),
        (
            "function () { exec.vu.metrics.tags.a = 5; exec.vu.tags['b'] = true; const t = exec.vu.tags; const seen = [t.a, t.b, Object.keys(t)]; delete t.a; return [seen, 'a' in t] }",
            r#"[["5","true",["a","b","group"]],false]"#,
        ),
        (
            "function () { try { exec.vu.tags.a = null } catch (e) { return e.name } }",
            r#""TypeError""#,
        ),
        (
            "function () { const o = exec.test.options; try { o.scenarios.main.rate = 1 } catch (e) { return [o.scenarios.main.rate, e.name, o === exec.test.options] } }",
            r#"[5,"TypeError",true]"#,
        ),
        // results
        (
            "function () { return { a: undefined, d: new Date(0), n: null } }",
            r#"{"a":null,"d":"1970-01-01T00:00:00Z","n":null}"#,
        ),
    ];
    for (body, expected) in cases {
        let (outcome, world) = run(body);
        assert_eq!(
            outcome,
            Ok(Some(expected.to_owned())),
            "{body}\n{:?}",
            world.log()
        );
    }
}

#[test]
fn functions_throw_where_k6_throws() {
    let cases = [
        ("function () { check(1) }", "TypeError"),
        ("function () { check(1, { 'a::b': 1 }) }", "::"),
        ("function () { check(1, { a: async () => 1 }) }", "async"),
        ("function () { check(1, { a: 1 }, { t: null }) }", "tag 't'"),
        ("function () { group('a', async () => 1) }", "async"),
        ("function () { group('a') }", "function"),
        ("function () { setTimeout(5) }", "TypeError"),
        ("function () { open('x') }", "init context"),
        ("function () { new Counter('late') }", "init context"),
        (
            "function () { new SharedArray('late', () => []) }",
            "init context",
        ),
        ("function () { hits.add(1, { a: null }) }", "tag 'a'"),
        ("function () { http.expectedStatuses() }", "at least one"),
        (
            "function () { http.setResponseCallback(5) }",
            "setResponseCallback",
        ),
        ("function () { http.file(5) }", "http.file"),
        ("function () { http.batch('x') }", "http.batch"),
        (
            "function () { http.get('http://x.test/status/204').json() }",
            "null",
        ),
        (
            "function () { http.get('http://x.test/', { auth: 'ntlm' }) }",
            "not supported",
        ),
        ("function () { return { f: () => 1 } }", "function"),
        ("function () { return [NaN] }", "NaN"),
        ("function () { throw 'plain' }", "plain"),
        (
            "function () { throw { toString() { return 'odd' } } }",
            "odd",
        ),
    ];
    for (body, expected) in cases {
        match run(body).0 {
            Err(ScriptFailure::Exception { message, .. } | ScriptFailure::Result(message)) => {
                assert!(message.contains(expected), "{body}: {message}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn calls_reach_the_world_as_given() {
    let cases = [
        (
            "function () { sleep(1.5); sleep('2'); sleep(-1); sleep() }",
            "sleep 1.5s;sleep 2s",
        ),
        (
            "function () { http.get('http://x.test/a?b=c d') }",
            "http GET http://x.test/a?b=c d",
        ),
        (
            "function () { http.del('http://x.test/', null, { tags: { a: 1, name: 'n' } }) }",
            "http DELETE http://x.test/ name=n a=1",
        ),
        (
            "function () { http.post('http://x.test/', { b: 'x y', a: [1, 2], c: null, d: true }) }",
            "http POST http://x.test/ content-type:application/x-www-form-urlencoded body=a=1&a=2&b=x+y&c=&d=true",
        ),
        (
            "function () { http.put('http://x.test/', new Uint8Array([65, 66]).buffer, { headers: { 'Content-Type': 'x/y' } }) }",
            "http PUT http://x.test/ content-type:x/y body=AB",
        ),
        (
            "function () { http.request('PURGE', 'http://x.test/') }",
            "http PURGE http://x.test/",
        ),
        (
            "function () { http.get(http.url`http://x.test/${1}`) }",
            "http GET http://x.test/1 name=http://x.test/${}",
        ),
        (
            "function () { http.batch(['http://x.test/a', ['PATCH', 'http://x.test/b', 'c', { tags: { t: 'u' } }]]) }",
            "batch GET http://x.test/a | PATCH http://x.test/b body=c t=u",
        ),
    ];
    for (body, expected) in cases {
        let (outcome, world) = run(body);
        assert_eq!(outcome, Ok(None), "{body}");
        assert_eq!(world.ops.join(";"), expected, "{body}");
    }
}

#[test]
fn the_host_hears_checks_groups_samples_and_lines() {
    let cases = [
        (
            "function () { check(1, { a: x => x == 1, b: 0 }, { t: true }) }",
            "check a true t=true;check b false t=true",
        ),
        (
            "function () { try { check(1, { a: () => { throw new Error('x') }, b: 1 }) } catch (e) {} }",
            "check a false",
        ),
        (
            "function () { group('a', () => group('b', () => {})); }",
            "group ::a::b;group ::a",
        ),
        (
            "function () { try { group('a', () => { throw 1 }) } catch (e) {} }",
            "group ::a",
        ),
        (
            "function () { hits.add(2, { x: 'y' }); hits.add(0.5) }",
            "sample 2 x=y;sample 0.5",
        ),
        (
            "function () { console.log('a', 1, { a: [1, 'x', null], d: new Date(0) }); console.error(new Error('bad')); console.warn(); console.debug([], {}, () => 1, -0, 10n, undefined, true) }",
            r#"Info a 1 { a: [ 1, "x", null ], d: "1970-01-01T00:00:00.000Z" };Error Error: bad;Warn ;Debug [] {} [object Function] 0 10 undefined true"#,
        ),
        (
            "function () { const o = { }; o.o = o; console.log(o, new Uint8Array(2), new Uint8Array([0, 1]).buffer, new Map()) }",
            "Info { o: [Circular] } Uint8Array(2) [ 0, 0 ] ArrayBuffer { [Uint8Contents]: <00 01>, byteLength: 2 } {}",
        ),
        (
            "function () { exec.test.fail('f') }",
            "FAIL test marked as failed: f",
        ),
    ];
    for (body, expected) in cases {
        let (outcome, world) = run(body);
        assert_eq!(outcome, Ok(None), "{body}");
        let heard: Vec<String> = world
            .log()
            .into_iter()
            .filter(|line| !line.starts_with("declare"))
            .collect();
        assert_eq!(heard.join(";"), expected, "{body}");
    }
}

#[test]
fn test_abort_ends_the_iteration_past_catch_and_finally() {
    let (outcome, world) = run(
        "function () { try { exec.test.abort('why') } catch (e) { console.log('c') } finally { console.log('f') } }",
    );
    assert_eq!(outcome, Err(ScriptFailure::Aborted));
    assert_eq!(
        world.log().last().map(String::as_str),
        Some("ABORT test aborted: why")
    );
}

#[test]
fn each_call_begins_with_an_empty_cookie_jar_unless_cookies_are_kept() {
    let script = "import http from 'k6/http'; export default function () {
      const jar = http.cookieJar(); const before = Object.keys(jar.cookiesForURL('http://x.test/')).length;
      jar.set('http://x.test/', 'k', 'v'); return before }";
    let mut world = World::new(script);
    assert_eq!(
        (world.call(), world.call()),
        (Ok(Some("0".to_owned())), Ok(Some("0".to_owned())))
    );
    world.vu.keep_cookies(true);
    assert_eq!(
        (world.call(), world.call()),
        (Ok(Some("1".to_owned())), Ok(Some("1".to_owned())))
    );
}

#[test]
fn setup_data_is_decoded_once_and_stays_the_vus_own() {
    let mut world =
        World::new("export default function (data) { data.n = (data.n || 0) + 1; return data.n }");
    let call = |data: &std::sync::Arc<str>| loadd_script::Call {
        function: "default".into(),
        data: Some(std::sync::Arc::clone(data)),
        env: None,
        iteration: Some(0),
        want_result: true,
    };
    let first: std::sync::Arc<str> = "{\"n\":5}".into();
    assert_eq!(world.call_with(call(&first)), Ok(Some("6".to_owned())));
    assert_eq!(world.call_with(call(&first)), Ok(Some("7".to_owned())));
    let second: std::sync::Arc<str> = "{\"n\":5}".into();
    assert_eq!(world.call_with(call(&second)), Ok(Some("6".to_owned())));
}

#[test]
fn a_scenarios_env_lies_over_the_base_and_iter_goes_when_there_is_none() {
    let mut world =
        World::new("export default function () { return [__ENV.HOME, __ENV.S, typeof __ITER] }");
    let mut call = loadd_script::Call {
        function: "default".into(),
        data: None,
        env: Some(std::rc::Rc::new(vec![("S".to_owned(), "t".to_owned())])),
        iteration: Some(3),
        want_result: true,
    };
    assert_eq!(
        world.call_with(call.clone()),
        Ok(Some(r#"["/root","t","number"]"#.to_owned()))
    );
    call.env = None;
    call.iteration = None;
    assert_eq!(
        world.call_with(call),
        Ok(Some(r#"["/root","t","undefined"]"#.to_owned()))
    );
}
