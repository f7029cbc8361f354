//! Halves of surrogate pairs that stand alone, for which UTF-8 has no bytes: wherever a script's string leaves it, each of
//! them becomes one replacement character.

mod kit;

use kit::World;
use loadd_script::ScriptFailure;

fn run(body: &str) -> (kit::Outcomes, World) {
    let mut world = World::new(&format!(
        "import http from 'k6/http';
         import {{ check, group }} from 'k6';
         import exec from 'k6/execution';
         import {{ SharedArray }} from 'k6/data';
         const list = new SharedArray('list', () => [{{ a: 1 }}]);
         export default {body}"
    ));
    let outcome = world.call();
    (outcome, world)
}

#[test]
fn a_lone_surrogate_goes_out_as_a_replacement_character() {
    let cases = [
        (
            "function () { http.get('http://x.test/\\ud800a') }",
            "http GET http://x.test/\u{FFFD}a",
        ),
        (
            "function () { http.post('http://x.test/', 'a\\udfffb\\ud800') }",
            "http POST http://x.test/ body=a\u{FFFD}b\u{FFFD}",
        ),
        (
            "function () { http.post('http://x.test/', { a: '\\ud800' }) }",
            "http POST http://x.test/ content-type:application/x-www-form-urlencoded body=a=%EF%BF%BD",
        ),
        (
            "function () { http.get('http://x.test/', { tags: { a: '\\ud800' } }) }",
            "http GET http://x.test/ a=\u{FFFD}",
        ),
    ];
    for (body, expected) in cases {
        let (outcome, world) = run(body);
        assert_eq!(outcome, Ok(None), "{body}");
        assert_eq!(world.ops.join(";"), expected, "{body}");
    }
}

#[test]
fn a_lone_surrogate_is_no_index_of_a_shared_array() {
    let (outcome, _) =
        run("function () { return [typeof list['\\ud800'], '\\udfff' in list, list[0].a] }");
    assert_eq!(outcome, Ok(Some(r#"["undefined",false,1]"#.to_owned())));
}

#[test]
fn a_lone_surrogate_is_printed_thrown_and_checked_as_a_replacement_character() {
    let (outcome, world) = run(
        "function () { console.log('a\\ud800', ['\\udfff']); group('\\ud800', () => {}); throw '\\ud800' }",
    );
    assert_eq!(
        outcome,
        Err(ScriptFailure::Exception {
            message: "\u{FFFD}".to_owned(),
            stack: String::new(),
        })
    );
    assert_eq!(
        world.log(),
        ["Info a\u{FFFD} [ \"\u{FFFD}\" ]", "group ::\u{FFFD}",]
    );
}

#[test]
fn a_timeout_with_a_lone_surrogate_is_no_duration() {
    let (outcome, _) = run(
        "function () { const r = http.get('http://x.test/', { timeout: '\\ud800' }); return [r.status, r.error_code] }",
    );
    assert_eq!(outcome, Ok(Some("[0,0]".to_owned())));
}
