//! CommonJS beside ES modules: exports, order, one run for each file.

use crate::folder::{Folder, fail, run};

#[test]
fn commonjs_exports_are_the_keys_of_module_exports_after_it_has_run() {
    let cases: &[(&str, &str, &str)] = &[
        // (library, what the script imports and returns, expected)
        (
            "exports.a = 1; exports.b = () => 2",
            "import { a, b, c } from './lib.js'; export default () => [a, b(), c]",
            "[1,2,null]",
        ),
        (
            "exports.a = 1",
            "import lib from './lib.js'; export default () => lib",
            r#"{"a":1}"#,
        ),
        (
            "exports.default = 'd'; exports.a = 1",
            "import lib, { a } from './lib.js'; export default () => [lib, a]",
            r#"["d",1]"#,
        ),
        (
            "exports.a = 1; Object.defineProperty(exports, 'hidden', { value: 2 })",
            "import * as lib from './lib.js'; export default () => [Object.keys(lib), lib.a, lib.hidden]",
            r#"[["a"],1,null]"#,
        ),
        (
            "module.exports = () => 7",
            "import f from './lib.js'; export default () => f()",
            "7",
        ),
        (
            "module.exports = class A { static b = 5 }",
            "import A, { b } from './lib.js'; export default () => [new A() instanceof A, b]",
            "[true,5]",
        ),
        (
            "module.exports = 'text'",
            "import text from './lib.js'; export default () => text",
            r#""text""#,
        ),
        (
            "this.a = this === exports",
            "import { a } from './lib.js'; export default () => a",
            "true",
        ),
        (
            "exports.a = (function () { return this })() === undefined",
            "import { a } from './lib.js'; export default () => a",
            "true",
        ),
        (
            "exports.a = 1",
            "export * from './lib.js'; import * as me from './main.js'; export default () => me.a",
            "1",
        ),
        (
            "exports.a = 1",
            "export { a as z } from './lib.js'; import { z } from './main.js'; export default () => z",
            "1",
        ),
        (
            "exports.a = 1",
            "export * as lib from './lib.js'; import { lib } from './main.js'; export default () => lib.a",
            "1",
        ),
        (
            "#!/usr/bin/env node\nexports.a = 1 // no newline",
            "import { a } from './lib.js'; export default () => a",
            "1",
        ),
        (
            "exports.a = 1; return; exports.a = 2",
            "import { a } from './lib.js'; export default () => a",
            "1",
        ),
        (
            "exports.a = [typeof window, typeof self, typeof process, typeof define, typeof Buffer, typeof require, typeof global].join()",
            "import { a } from './lib.js'; export default () => a",
            r#""undefined,undefined,undefined,undefined,undefined,function,object""#,
        ),
        (
            "(function (root, factory) { if (typeof define === 'function' && define.amd) define([], factory); else if (typeof module === 'object' && typeof exports !== 'undefined') module.exports = factory(); else root.lib = factory() })(this, function () { return { u: 'umd' } })",
            "import lib, { u } from './lib.js'; export default () => [lib.u, u]",
            r#"["umd","umd"]"#,
        ),
    ];
    for (library, script, expected) in cases {
        assert_eq!(
            run(script, &[("lib.js", library)]),
            *expected,
            "{library} | {script}"
        );
    }
    let error = fail(
        "import a from './lib.js'; export default () => a",
        &[("lib.js", "module.exports = null")],
    );
    assert!(error.message.contains("exports nothing"), "{error:?}");
}

#[test]
fn a_file_runs_once_and_in_the_order_of_the_imports() {
    let result = run(
        "import './esm.js'; import './cjs.js'; import { log } from './log.js'; import './last.js'; require('./cjs.js');
         export default () => log",
        &[
            ("log.js", "exports.log = []"),
            ("esm.js", "import { log } from './log.js'; log.push('esm')"),
            ("cjs.js", "require('./log.js').log.push('cjs'); require('./dep.js'); exports.x = 1"),
            ("dep.js", "require('./log.js').log.push('dep'); exports.x = 1"),
            ("last.js", "import { log } from './log.js'; import * as c from './cjs.js'; log.push('last ' + c.x)"),
        ],
    );
    assert_eq!(result, r#"["esm","cjs","dep","last 1"]"#);
}

#[test]
fn names_of_a_namespace_are_learned_without_running_init_twice_for_the_world() {
    let folder = Folder::with(&[
        (
            "main.js",
            "import { Counter } from 'k6/metrics'; import { SharedArray } from 'k6/data'; import * as lib from './lib.js';
             console.log('main', Object.keys(lib).join());
             new Counter('c' + lib.two); const list = new SharedArray('l', () => [lib.one]);
             export default () => [lib.one, list[0]]",
        ),
        ("lib.js", "console.log('lib'); exports.one = 1; exports.two = 2"),
    ]);
    let bundle = folder.load("main.js").unwrap();
    let lines: Vec<&str> = bundle
        .console
        .iter()
        .map(|(_, line)| line.as_str())
        .collect();
    assert_eq!(lines, ["lib", "main one,two"]);
    let metrics: Vec<&str> = bundle
        .metrics
        .iter()
        .map(|metric| metric.name.as_str())
        .collect();
    assert_eq!(metrics, ["c2"]);
    assert_eq!(folder.run("main.js"), "[1,1]");
}

#[test]
fn a_commonjs_script_exports_options_and_functions() {
    let folder = Folder::with(&[(
        "main.js",
        "const { Counter } = require('k6/metrics'); new Counter('mine');
         exports.options = { vus: 3 }; exports.setup = () => ({ n: 1 }); exports.default = () => __VU; module.exports.other = () => 2",
    )]);
    let bundle = folder.load("main.js").unwrap();
    assert_eq!(bundle.options, serde_json::json!({ "vus": 3 }));
    assert_eq!(
        bundle
            .functions
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        ["default", "other", "setup"]
    );
    assert_eq!(bundle.metrics.len(), 1);
    assert_eq!(folder.run("main.js"), "1");
}

#[test]
fn es_modules_do_not_see_module_and_exports() {
    for expression in ["typeof module", "exports.a = 1", "module.exports = 1"] {
        let error = fail(&format!("export default () => 1;\n{expression}"), &[]);
        assert!(
            error.message.contains("mixes ESM and CommonJS"),
            "{error:?}"
        );
        assert_eq!(error.line, Some(2), "{error:?}");
    }
}

#[test]
fn positions_in_commonjs_files_are_the_files_own() {
    let error = fail(
        "import './lib.js'; export default () => 1",
        &[("lib.js", "1; null.x")],
    );
    assert!(
        error
            .file
            .as_ref()
            .is_some_and(|file| file.ends_with("lib.js")),
        "{error:?}"
    );
    assert_eq!((error.line, error.column), (Some(1), Some(4)), "{error:?}");
    let error = fail(
        "import './lib.js'; export default () => 1",
        &[("lib.js", "\n\n  f(;\n")],
    );
    assert_eq!(error.line, Some(3), "{error:?}");
}
