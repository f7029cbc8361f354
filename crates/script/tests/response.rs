//! Responses and arguments of requests to the last field: scripts beside what comes of them.

mod kit;

use kit::World;
use loadd_script::ScriptFailure;

fn run(body: &str) -> (kit::Outcomes, World) {
    let mut world = World::new(&format!(
        "import http from 'k6/http';
         import exec from 'k6/execution';
         export default {body}"
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

const FIELDS: &str = "remote_ip,remote_port,url,status,status_text,proto,headers,cookies,body,timings,tls_version,tls_cipher_suite,ocsp,error,error_code,request";

#[test]
fn a_response_owns_its_fields_in_k6s_order_whatever_was_looked_at_before() {
    let keys = format!("\"{FIELDS},clickLink,html,json,submitForm\"");
    let fields = format!("\"{FIELDS}\"");
    all(&[
        (
            "function () { return Object.keys(http.get('http://x.test/')).join() }",
            keys.as_str(),
        ),
        (
            "function () { const r = http.get('http://x.test/'); r.body; r.timings; r.headers; return Object.keys(r).join() }",
            keys.as_str(),
        ),
        (
            "function () { const k = []; for (const name in http.get('http://x.test/')) k.push(name); return k.join() }",
            keys.as_str(),
        ),
        (
            "function () { return Object.keys(JSON.parse(JSON.stringify(http.get('http://x.test/')))).join() }",
            fields.as_str(),
        ),
        (
            "function () { return Object.keys(http.get(5)).length }",
            "20",
        ),
        (
            "function () { const c = { ...http.get('http://x.test/status/201') }; return [c.status, c.body.length, typeof c.json] }",
            r#"[201,54,"function"]"#,
        ),
        (
            "function () { const r = http.get('http://x.test/'); return ['status' in r, r.hasOwnProperty('body'), 'nope' in r, Object.entries(r).length, Object.assign({}, r).status] }",
            "[true,true,false,20,200]",
        ),
        (
            "function () { const { status, body, json } = http.get('http://x.test/'); return [status, body.length, typeof json] }",
            r#"[200,54,"function"]"#,
        ),
        (
            "function () { const r = http.get('http://x.test/'); r.mine = 5; return [r.mine, r.status] }",
            "[5,200]",
        ),
        (
            "function () { const r = http.get('http://x.test/'); return [r.body === r.body, r.headers === r.headers, r.request === r.request] }",
            "[true,true,true]",
        ),
    ]);
}

#[test]
fn responses_are_freed_with_their_vu() {
    let (outcome, world) = run(
        "function () { globalThis.kept = globalThis.kept || []; for (let i = 0; i < 50; i++) kept.push(http.get('http://x.test/')); kept.forEach(r => r.body); return kept.length }",
    );
    assert_eq!(outcome, Ok(Some("50".to_owned())));
    drop(world);
}

#[test]
fn json_says_where_a_body_is_none_and_selects_at_any_depth() {
    match run("function () { http.get('http://x.test/page').json() }").0 {
        Err(ScriptFailure::Exception { message, .. }) => assert!(
            message
                .starts_with("GoError: cannot parse json due to an error at line 1, character 1"),
            "{message}"
        ),
        other => panic!("{other:?}"),
    }
    all(&[
        (
            "function () { return http.get('http://x.test/page').json('a') === undefined }",
            "true",
        ),
        (
            "function () { return [http.get('http://x.test/').json('@dig:id'), http.get('http://x.test/').json('list.@group') === undefined] }",
            "[[1,2],false]",
        ),
    ]);
}

#[test]
fn wrong_arguments_are_warned_about_and_send_nothing() {
    let cases = [
        "http.get('http://x.test/', { tags: { a: null } })",
        "http.get('http://x.test/', { tags: 5 })",
        "http.get('http://x.test/', { timeout: null })",
        "http.get('http://x.test/', { responseType: null })",
        "http.get('http://x.test/', { responseCallback: 5 })",
        "http.get('http://x.test/', { compression: 'lzw' })",
        "http.post('http://x.test/', 5)",
        "http.post('http://x.test/', [1])",
    ];
    for call in cases {
        let (outcome, world) = run(&format!(
            "function () {{ const r = {call}; return [r.status, r.error_code, r.error.length > 0, r.url, r.request, r.body.byteLength] }}"
        ));
        assert_eq!(
            outcome,
            Ok(Some(r#"[0,0,true,"",null,0]"#.to_owned())),
            "{call}"
        );
        assert_eq!(world.ops.len(), 0, "{call}");
        assert!(world.log()[0].starts_with("WARN Request Failed"), "{call}");
    }
}

#[test]
fn a_content_length_is_warned_about_where_it_is_wrong() {
    let (_, world) = run(
        "function () { http.post('http://x.test/', 'abc', { headers: { 'content-length': '3' } }) }",
    );
    assert_eq!(
        (world.ops.join(";").as_str(), world.log().len()),
        ("http POST http://x.test/ body=abc", 0)
    );
    let (_, world) = run(
        "function () { http.post('http://x.test/', 'abc', { headers: { 'content-length': '4' } }) }",
    );
    assert_eq!(
        (world.ops.join(";").as_str(), world.log().len()),
        ("http POST http://x.test/ body=abc", 1)
    );
}

#[test]
fn native_errors_have_k6s_name_and_are_errors() {
    all(&[
        (
            "function () { try { http.get('http://x.test/status/204').json() } catch (e) { return [e.name, e instanceof Error, String(e).startsWith('GoError: the body is null'), typeof e.stack] } }",
            r#"["GoError",true,true,"string"]"#,
        ),
        (
            "async function () { const r = await http.asyncRequest('A B', 'http://x.test/'); return [r.status, r.error] }",
            r#"[0,"net/http: invalid method \"A B\""]"#,
        ),
    ]);
}

#[test]
fn null_can_be_thrown() {
    assert_eq!(
        run("function () { throw null }").0,
        Err(ScriptFailure::Exception {
            message: "null".to_owned(),
            stack: String::new(),
        })
    );
    match run("async function () { await 1; throw null }").0 {
        Err(ScriptFailure::Exception { message, .. }) => {
            assert_eq!(message, "Uncaught (in promise) null");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn dates_have_k6s_local_form() {
    all(&[(
        "function () { const d = new Date(2025, 0, 2, 3, 4, 5); return [d.toLocaleString(), d.toLocaleDateString(), d.toLocaleTimeString(), new Date(NaN).toLocaleString()] }",
        r#"["02/01/2025, 03:04:05","02/01/2025","03:04:05","Invalid Date"]"#,
    )]);
}

#[test]
fn metadata_is_a_live_map_of_text() {
    all(&[
        (
            "function () { const m = exec.vu.metrics.metadata; m.a = 5; m.b = true; const seen = [m.a, m.b, Object.keys(m), 'a' in m]; delete m.a; return [seen, m.a === undefined, exec.vu.tags.b === undefined] }",
            r#"[["5","true",["a","b"],true],true,true]"#,
        ),
        (
            "function () { try { exec.vu.metrics.metadata.a = {} } catch (e) { return e.name } }",
            r#""TypeError""#,
        ),
    ]);
}

#[test]
fn a_summary_may_hold_text_and_bytes_and_nothing_else() {
    let summary = |script: &str| {
        let mut world = World::new(&format!(
            "export default () => {{}}; export function handleSummary() {{ return {script} }}"
        ));
        world.call_with(loadd_script::Call {
            function: "handleSummary".into(),
            data: None,
            env: None,
            iteration: None,
            want_result: true,
        })
    };
    let returned = summary("{ stdout: 'é', 'a.bin': new Uint8Array([0, 255]).buffer }");
    let files = loadd_script::summary_files(&returned.unwrap().unwrap()).unwrap();
    assert_eq!(files["stdout"], "é".as_bytes());
    assert_eq!(files["a.bin"], [0, 255]);
    for wrong in ["{ stdout: 5 }", "{ stdout: {} }", "[1]", "'text'"] {
        let returned = summary(wrong).unwrap().unwrap();
        assert!(loadd_script::summary_files(&returned).is_err(), "{wrong}");
    }
}
