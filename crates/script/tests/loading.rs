//! Bundles: what loads, what does not, and where the error points.

#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test program: what does not hold fails it"
)]

mod kit;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use kit::{World, limits, load};
use loadd_script::{Bundle, LoadSettings, ScriptError, Source};

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn load_file(
    path: &Path,
    import_map: BTreeMap<String, std::path::PathBuf>,
) -> Result<Arc<Bundle>, ScriptError> {
    let settings = LoadSettings {
        limits: loadd_script::Limits {
            script_time: Some(std::time::Duration::from_secs(1)),
            ..limits()
        },
        import_map,
        ..LoadSettings::default()
    };
    Bundle::load(&Source::File(path.to_owned()), &settings).map(Arc::new)
}

#[test]
fn files_import_each_other_and_every_vu_has_them_from_bytecode() {
    let directory = tempfile::tempdir().unwrap();
    let absolute = directory.path().join("abs.js");
    let main = format!(
        "import {{ a }} from './lib/a.js'; import {{ c }} from '{0}'; import d from 'file://{0}'; import mapped from 'https://x.test/m.js';
         import text from './lib/a.js';
         export const options = {{ vus: 2, thresholds: {{ x: ['a<1'] }} }};
         export default function () {{ return [a(), c, d, mapped, text] }}
         export function other() {{}}",
        absolute.display()
    );
    write(
        directory.path(),
        &[
            ("main.js", &main),
            (
                "lib/a.js",
                "import { b } from '../deep/b.js'; export function a() { return b + 1 } export default open('./a.txt')",
            ),
            ("lib/a.txt", "text"),
            ("deep/b.js", "export const b = 41"),
            ("abs.js", "export const c = 'c'; export default 'd'"),
            ("mapped.js", "export default 'mapped'"),
        ],
    );
    let map = BTreeMap::from([(
        "https://x.test/m.js".to_owned(),
        directory.path().join("mapped.js"),
    )]);
    let bundle = load_file(&directory.path().join("main.js"), map).unwrap();
    assert_eq!(
        bundle.options,
        serde_json::json!({ "vus": 2, "thresholds": { "x": ["a<1"] } })
    );
    assert_eq!(
        bundle
            .functions
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        ["default", "other"]
    );
    // The files may go: the bundle has all of it.
    directory.close().unwrap();
    for _ in 0..2 {
        let mut world = World::of(&bundle, limits());
        assert_eq!(
            world.call(),
            Ok(Some(r#"[42,"c","d","mapped","text"]"#.to_owned()))
        );
    }
}

#[test]
fn errors_name_the_file_the_line_and_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let cases: &[(&str, &str, Option<(&str, u32)>)] = &[
        (
            "export default function () {\n  let = ;\n}",
            "SyntaxError",
            Some(("main.js", 2)),
        ),
        (
            "import './nope.js'; export default function () {}",
            "no such file",
            None,
        ),
        (
            "import './bad.js'; export default function () {}",
            "SyntaxError",
            Some(("bad.js", 3)),
        ),
        (
            "import x from 'lodash'; export default function () {}",
            "lodash",
            None,
        ),
        (
            "import ws from 'k6/ws'; export default function () {}",
            "k6/ws",
            None,
        ),
        (
            "import { browser } from 'k6/browser'; export default function () {}",
            "browser",
            None,
        ),
        (
            "import x from 'k6/nope'; export default function () {}",
            "k6/metrics",
            None,
        ),
        (
            "import x from 'k6/x/sql'; export default function () {}",
            "extensions",
            None,
        ),
        (
            "import x from 'https://127.0.0.1:1/a.js'; export default function () {}",
            "[modules]",
            None,
        ),
        (
            "import x from 'http://x.test/a.js'; export default function () {}",
            "http://",
            None,
        ),
        (
            "\n\nthrow new Error('in init')\nexport default function () {}",
            "in init",
            Some(("main.js", 3)),
        ),
        (
            "export default function () {}\nopen('nope.txt')",
            "nope.txt",
            Some(("main.js", 2)),
        ),
        (
            "import http from 'k6/http';\nhttp.get('http://x.test/'); export default function () {}",
            "init context",
            Some(("main.js", 2)),
        ),
        ("export const a = 1", "no function", None),
        (
            "export const options = 5; export default function () {}",
            "options",
            None,
        ),
        (
            "export const setup = 5; export default function () {}",
            "setup",
            None,
        ),
        (
            "while (true) {}\nexport default function () {}",
            "limits.script_time",
            None,
        ),
        (
            "function f() { f() } f(); export default function () {}",
            "call stack",
            Some(("main.js", 1)),
        ),
        (
            "await new Promise(() => {}); export default function () {}",
            "nothing settles",
            None,
        ),
        (
            "await Promise.reject(new Error('late')); export default function () {}",
            "late",
            None,
        ),
    ];
    for (script, expected, place) in cases {
        write(
            directory.path(),
            &[("main.js", script), ("bad.js", "\n\nlet x = ;\n")],
        );
        let error = load_file(&directory.path().join("main.js"), BTreeMap::new()).unwrap_err();
        assert!(error.message.contains(expected), "{script}: {error:?}");
        if let Some((file, line)) = place {
            assert!(
                error.file.as_ref().is_some_and(|path| path.ends_with(file)),
                "{script}: {error:?}"
            );
            assert_eq!(error.line, Some(*line), "{script}: {error:?}");
        } else {
            assert!(error.file.is_some(), "{script}: {error:?}");
        }
    }
    let error = load_file(&directory.path().join("absent.js"), BTreeMap::new()).unwrap_err();
    assert!(error.message.contains("no such file"), "{error:?}");
}

#[test]
fn abort_in_init_is_marked() {
    let error = load(
        "import exec from 'k6/execution'; exec.test.abort('x'); export default function () {}",
    )
    .unwrap_err();
    assert!(error.aborted);
}

#[test]
fn init_declares_metrics_prints_and_may_wait() {
    let bundle = load(
        "import { Counter, Trend } from 'k6/metrics'; import { sleep } from 'k6';
         new Counter('one'); new Trend('two', true); new Counter('one');
         console.log('hello'); sleep(0.001); await new Promise(r => setTimeout(r, 1));
         setTimeout(() => console.warn('later'), 1);
         export default function () {}",
    )
    .unwrap();
    let names: Vec<&str> = bundle
        .metrics
        .iter()
        .map(|metric| metric.name.as_str())
        .collect();
    assert_eq!(names, ["one", "two"]);
    let lines: Vec<&str> = bundle
        .console
        .iter()
        .map(|(_, line)| line.as_str())
        .collect();
    assert_eq!(lines, ["hello", "later"]);
    assert!(load("import { Counter, Rate } from 'k6/metrics'; new Counter('one'); new Rate('one'); export default function () {}").is_err());
}

#[test]
fn shared_arrays_are_made_once() {
    let bundle = load(
        "import { SharedArray } from 'k6/data';
         const a = new SharedArray('a', () => { if (__VU > 0) throw new Error('again'); return [1, 2] });
         export default function () { return a.length }",
    )
    .unwrap();
    assert_eq!(
        World::of(&bundle, limits()).call(),
        Ok(Some("2".to_owned()))
    );
}

#[test]
fn a_dynamic_import_is_refused_as_in_k6() {
    let mut world = World::new(
        "export default async function () { try { await import('k6/http') } catch (e) { return e.message } }",
    );
    match world.call() {
        Ok(Some(message)) => assert!(
            message.contains("dynamic imports are not supported"),
            "{message}"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn stacks_name_lines_of_the_users_files() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        &[
            (
                "main.js",
                "import { f } from './lib.js';\nexport default function () {\n  f()\n}",
            ),
            ("lib.js", "\nexport function f() {\n    null.x\n}"),
        ],
    );
    let bundle = load_file(&directory.path().join("main.js"), BTreeMap::new()).unwrap();
    match World::of(&bundle, limits()).call() {
        Err(loadd_script::ScriptFailure::Exception { message, stack }) => {
            assert!(message.starts_with("TypeError"), "{message}");
            let lines: Vec<&str> = stack.lines().collect();
            assert!(
                lines[0].contains("lib.js:3:") && lines[1].contains("main.js:3:"),
                "{stack}"
            );
        }
        other => panic!("{other:?}"),
    }
}
