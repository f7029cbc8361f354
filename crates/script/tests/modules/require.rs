//! `require`, built-in modules in every form, and what a module knows of its place.

use crate::folder::{Folder, fail, run};
use crate::kit::{World, limits};

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
