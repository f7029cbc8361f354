//! Module loading as k6 has it: CommonJS beside ES modules, `require`, TypeScript, built-in modules in every form.

#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test program: what does not hold fails it"
)]

mod kit;

use std::{fs, path::Path, sync::Arc};

use kit::{World, limits};
use loadd_script::{Bundle, LoadSettings, ScriptError, ScriptFailure, Source};

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn load(&self, main: &str) -> Result<Arc<Bundle>, ScriptError> {
        let settings = LoadSettings {
            limits: limits(),
            ..LoadSettings::default()
        };
        Bundle::load(&Source::File(self.path().join(main)), &settings).map(Arc::new)
    }

    /// What the default function returns, in a VU that finds no file any more.
    fn run(self, main: &str) -> String {
        let bundle = self.load(main).unwrap_or_else(|error| panic!("{error:?}"));
        self.0.close().unwrap();
        match World::of(&bundle, limits()).call() {
            Ok(Some(result)) => result,
            other => panic!("{other:?}"),
        }
    }
}

/// One main script beside other files.
fn run(main: &str, others: &[(&str, &str)]) -> String {
    let files: Vec<(&str, &str)> = [("main.js", main)]
        .into_iter()
        .chain(others.iter().copied())
        .collect();
    Folder::with(&files).run("main.js")
}

fn fail(main: &str, others: &[(&str, &str)]) -> ScriptError {
    let files: Vec<(&str, &str)> = [("main.js", main)]
        .into_iter()
        .chain(others.iter().copied())
        .collect();
    Folder::with(&files).load("main.js").unwrap_err()
}

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
fn require_gives_namespaces_built_in_modules_and_what_is_exported_so_far() {
    let result = run(
        "const esm = require('./esm.js'); const http = require('k6/http'); const { check } = require('k6'); const a = require('./a.js');
         import def from 'k6/http'; import * as ns from 'k6/http';
         export default () => [Object.keys(esm), esm.default, esm.x, http === def, http.get === ns.get, typeof check, typeof ns.default, a.done, a.seen, require.name]",
        &[
            ("esm.js", "import y from './deep/y.js'; export const x = y; export default 'd'"),
            ("deep/y.js", "module.exports = require('./z.js').z; "),
            ("deep/z.js", "exports.z = 26"),
            ("a.js", "exports.done = false; exports.seen = require('./b.js').seen; exports.done = true"),
            ("b.js", "exports.seen = require('./a.js').done"),
        ],
    );
    assert_eq!(
        result,
        r#"[["default","x"],"d",26,true,true,"function","undefined",true,false,"require"]"#
    );
}

#[test]
fn instrumentation_replaces_functions_of_the_shared_module_object() {
    let result = run(
        "import './instrument.js'; import http, { get } from 'k6/http'; import other from './other.js';
         export default () => [http.get(), other(), get === http.get]",
        &[
            ("instrument.js", "const http = require('k6/http'); http.get = () => 'wrapped'; exports.x = 1"),
            ("other.js", "import http from 'k6/http'; export default () => http.get()"),
        ],
    );
    assert_eq!(result, r#"["wrapped","wrapped",false]"#);
}

#[test]
fn a_name_that_a_built_in_module_has_not_is_undefined() {
    let result = run(
        "import { get, nope } from 'k6/http'; import { Nope } from 'k6/metrics'; import * as k6 from 'k6';
         export default () => [typeof get, typeof nope, typeof Nope, typeof k6.nope, typeof k6.check]",
        &[],
    );
    assert_eq!(
        result,
        r#"["function","undefined","undefined","undefined","function"]"#
    );
    let error = fail(
        "import { nope } from './lib.js'; export default () => nope",
        &[("lib.js", "export const a = 1")],
    );
    assert!(error.message.contains("nope"), "{error:?}");
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
fn require_is_refused_outside_of_init_and_for_what_the_first_load_did_not_see() {
    let mut world = World::of(
        &Folder::with(&[(
            "main.js",
            "export default () => { try { require('k6') } catch (e) { return e.message } }",
        )])
        .load("main.js")
        .unwrap(),
        limits(),
    );
    match world.call() {
        Ok(Some(message)) => assert!(message.contains("init context"), "{message}"),
        other => panic!("{other:?}"),
    }
    let result = run(
        "let message = 'none'; if (__VU > 0) { try { require('./late.js') } catch (e) { message = e.message } } export default () => message",
        &[("late.js", "exports.a = 1")],
    );
    assert!(result.contains("__VU == 0"), "{result}");
}

#[test]
fn a_failed_require_can_be_caught_and_tried_again() {
    let result = run(
        "const seen = [];
         for (const name of ['./nope.js', './throws.js', './throws.js', './bad.js', './bad-esm.js', './rejects.js', './rejects.js', 'lodash', './data.json']) {
           try { require(name); seen.push(name) } catch (e) { seen.push(e.message.length > 0) }
         }
         seen.push(require('./good.js').a);
         export default () => seen",
        &[
            ("throws.js", "throw new Error('x')"),
            ("bad.js", "let = ;"),
            ("bad-esm.js", "import './bad.js'; export const a = 1"),
            ("rejects.js", "export const a = 1; throw new Error('esm')"),
            ("good.js", "import './good2.js'; export const a = 1"),
            ("good2.js", "exports.b = 1"),
            ("data.json", r#"{ "a": 1 }"#),
        ],
    );
    assert_eq!(result, "[true,true,true,true,true,true,true,true,true,1]");
}

#[test]
fn a_require_of_a_module_that_is_being_evaluated_is_an_error_and_no_crash() {
    let result = run(
        "import seen from './cjs.js'; export const x = 1; export default () => seen.length > 0 ? seen : 'nothing'",
        &[
            (
                "cjs.js",
                "const seen = []; for (const name of ['./main.js', './imports-main.js', './free.js']) { try { seen.push(require(name).free) } catch (e) { seen.push(e.message.includes('cycle')) } } module.exports = seen",
            ),
            (
                "imports-main.js",
                "import { x } from './main.js'; export const y = () => x",
            ),
            ("free.js", "export const free = 'free'"),
        ],
    );
    assert_eq!(result, r#"[true,true,"free"]"#);
}

#[test]
fn a_required_es_module_may_want_names_of_files_that_are_linked_already() {
    let result = run(
        "import { a } from './cjs.js'; import { check } from 'k6'; const late = require('./late.js'); export default () => [a, late.b, late.none, typeof check]",
        &[
            ("cjs.js", "exports.a = 1; exports.b = 2"),
            (
                "late.js",
                "import { b } from './cjs.js'; import { check, missing } from 'k6'; export const none = typeof missing; export { b }",
            ),
        ],
    );
    assert_eq!(result, r#"[1,2,"undefined","function"]"#);
}

#[test]
fn open_means_files_beside_the_module_being_evaluated() {
    let result = run(
        "import esm from './lib/esm.js'; import cjs from './lib/cjs.js'; import { read } from './lib/helper.js'; const required = require('./lib/required.js');
         const own = read('./own.txt');
         export default () => [esm, cjs, required, own]",
        &[
            ("own.txt", "main's"),
            ("lib/own.txt", "lib's"),
            ("lib/esm.js", "export default open('./own.txt')"),
            ("lib/cjs.js", "module.exports = open('./own.txt')"),
            ("lib/required.js", "const { read } = require('./helper.js'); module.exports = read('./own.txt')"),
            ("lib/helper.js", "exports.read = (name) => open(name)"),
        ],
    );
    assert_eq!(result, r#"["lib's","lib's","lib's","main's"]"#);
}

#[test]
fn import_meta_resolves_and_has_nothing_else() {
    let folder = Folder::with(&[(
        "main.js",
        "const seen = [import.meta.resolve('./lib/a.js'), import.meta.resolve('k6/http'), import.meta.resolve('https://x.test/b.js'), Object.keys(import.meta).join()];
         export default () => seen",
    )]);
    let expected = format!(
        r#"["file://{}/lib/a.js","k6/http","https://x.test/b.js","resolve"]"#,
        folder.path().display()
    );
    assert_eq!(folder.run("main.js"), expected);
}

#[test]
fn typescript_runs_and_its_errors_are_those_of_the_file() {
    let folder = Folder::with(&[
        (
            "main.ts",
            "import { Options } from 'k6/options';\nimport { Shape, area } from './shapes.ts';\n\n\
             export const options: Options = { vus: 1 };\n\n\
             export default function (data?: unknown): number {\n  const shape: Shape = { kind: 'square', side: 3 };\n  return area(shape);\n}\n\
             export function fails(): void {\n\n      const nothing = null as unknown as { x: number };\n      nothing.x;\n}\n",
        ),
        (
            "shapes.ts",
            "export interface Shape { kind: 'square'; side: number }\nenum Factor { One = 1 }\n\
             class Calculator { constructor(private readonly factor: number) {} area(shape: Shape): number { return shape.side ** 2 * this.factor } }\n\
             export function area(shape: Shape): number { return new Calculator(Factor.One).area(shape); }\n",
        ),
    ]);
    let bundle = folder.load("main.ts").unwrap();
    assert_eq!(
        World::of(&bundle, limits()).call(),
        Ok(Some("9".to_owned()))
    );
    let mut world = World::of(&bundle, limits());
    let failed = world.call_with(loadd_script::Call {
        function: "fails".into(),
        data: None,
        env: None,
        iteration: Some(0),
        want_result: false,
    });
    match failed {
        Err(ScriptFailure::Exception { stack, .. }) => {
            assert!(stack.contains("main.ts:13:"), "{stack}");
        }
        other => panic!("{other:?}"),
    }
    for (name, text, message, line) in [
        (
            "bad.ts",
            "let a: number = 1;\n\nlet b: = 2;\nexport default function () {}",
            "SyntaxError",
            3,
        ),
        (
            "throws.ts",
            "type A = string;\n\n\n\nthrow new Error('at load');\nexport default function (a: A) {}",
            "at load",
            5,
        ),
        (
            "imports.ts",
            "type A = string;\n\nimport { x } from './absent.ts';\nexport default function (a: A) { x() }",
            "no such file",
            3,
        ),
        (
            "plain.js",
            "let a: number = 1;\nexport default function () {}",
            "SyntaxError",
            1,
        ),
    ] {
        let folder = Folder::with(&[(name, text)]);
        let error = folder.load(name).unwrap_err();
        assert!(error.message.contains(message), "{name}: {error:?}");
        assert!(
            error.file.as_ref().is_some_and(|file| file.ends_with(name)),
            "{name}: {error:?}"
        );
        assert_eq!(error.line, Some(line), "{name}: {error:?}");
    }
}

#[test]
fn typescript_comes_on_standard_input_too() {
    let bundle =
        kit::load("enum A { B = 4 }\nexport default function (): number { return A.B }").unwrap();
    assert_eq!(
        World::of(&bundle, limits()).call(),
        Ok(Some("4".to_owned()))
    );
}

#[test]
fn a_bundlers_source_map_leads_back_to_the_source() {
    let map = "eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbInNyYy9vcmlnaW5hbC50cyJdLCJuYW1lcyI6W10sIm1hcHBpbmdzIjoiQUFVSSJ9";
    let folder = Folder::with(&[(
        "main.js",
        &format!(
            "export default function () {{ null.x }}\n//# sourceMappingURL=data:application/json;base64,{map}\n"
        ),
    )]);
    let bundle = folder.load("main.js").unwrap();
    match World::of(&bundle, limits()).call() {
        Err(ScriptFailure::Exception { stack, .. }) => {
            assert!(stack.contains("src/original.ts:11:5"), "{stack}");
        }
        other => panic!("{other:?}"),
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

#[test]
fn an_import_error_points_at_the_import_statement() {
    let error = fail(
        "import http from 'k6/http';\nimport './lib/a.js';\nexport default () => http",
        &[("lib/a.js", "\n  export { x } from './absent.js';")],
    );
    assert!(error.message.contains("absent.js"), "{error:?}");
    assert!(
        error
            .file
            .as_ref()
            .is_some_and(|file| file.ends_with("lib/a.js")),
        "{error:?}"
    );
    assert_eq!((error.line, error.column), (Some(2), Some(3)), "{error:?}");
}

#[test]
fn json_is_no_module_and_import_attributes_are_refused() {
    for (script, message) in [
        (
            "import data from './data.json'; export default () => data",
            "SyntaxError",
        ),
        (
            "import data from './data.json' with { type: 'json' }; export default () => data",
            "SyntaxError",
        ),
    ] {
        let error = fail(script, &[("data.json", r#"{ "a": 1 }"#)]);
        assert!(error.message.contains(message), "{error:?}");
    }
}

#[test]
fn deep_nesting_is_an_error_or_works_and_never_ends_the_process() {
    let sum = format!("export const a = {}1", "1 + ".repeat(20_000));
    let nested = format!(
        "export const b = {}1{}",
        "[".repeat(3_000),
        "]".repeat(3_000)
    );
    let folder = Folder::with(&[
        (
            "main.js",
            "import { a } from './sum.js'; export default () => a",
        ),
        (
            "nested-main.js",
            "import { b } from './nested.js'; export default () => b.length",
        ),
        ("sum.js", &sum),
        ("nested.js", &nested),
    ]);
    for main in ["main.js", "nested-main.js"] {
        drop(folder.load(main));
    }
}
