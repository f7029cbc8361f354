//! Real libraries of the npm registry, imported by scripts in every form that k6 users write.

#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test program: what does not hold fails it"
)]

mod kit;

use std::{collections::BTreeMap, path::PathBuf};

use kit::{World, limits, load_with};
use loadd_script::{LoadSettings, ScriptFailure};

fn npm() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/npm"))
}

/// Runs a script whose imports from `npm/` are those of the folder beside this file, in two VUs, and gives what it returns.
fn run(script: &str) -> String {
    let settings = LoadSettings {
        limits: limits(),
        import_map: BTreeMap::from([
            ("npm/".to_owned(), npm()),
            (
                "https://jslib.k6.io/papaparse/5.1.1/index.js".to_owned(),
                npm().join("papaparse-5.1.1/papaparse.js"),
            ),
        ]),
        ..LoadSettings::default()
    };
    let bundle = load_with(script, settings).unwrap_or_else(|error| panic!("{script}: {error:?}"));
    let results = [(); 2].map(|()| World::of(&bundle, limits()).call());
    assert_eq!(results[0], results[1], "two VUs see the same");
    match results.into_iter().next() {
        Some(Ok(Some(result))) => result,
        other => panic!("{script}: {other:?}"),
    }
}

#[test]
fn papaparse_reads_csv_into_a_shared_array() {
    let result = run(
        "import papaparse from 'https://jslib.k6.io/papaparse/5.1.1/index.js';
         import { SharedArray } from 'k6/data';
         const rows = new SharedArray('rows', () => papaparse.parse('name,age\\nann,31\\n\"b, c\",5\\n', { header: true, skipEmptyLines: true }).data);
         export default function () { return [rows.length, rows[0], rows[1].name, papaparse.unparse([{ a: 1, b: 'x,y' }])] }",
    );
    assert_eq!(
        result,
        r#"[2,{"name":"ann","age":"31"},"b, c","a,b\r\n1,\"x,y\""]"#
    );
}

#[test]
fn lodash_is_there_as_default_by_name_as_a_namespace_and_by_require() {
    let result = run(
        "import _ from 'npm/lodash-4.17.21/lodash.min.js';
         import { chunk, groupBy as by, nothing } from 'npm/lodash-4.17.21/lodash.min.js';
         import * as ns from 'npm/lodash-4.17.21/lodash.min.js';
         const required = require('npm/lodash-4.17.21/lodash.min.js');
         export default function () {
           return [_.VERSION, chunk([1, 2, 3], 2), by([1, 2, 3], (n) => n % 2), typeof nothing, ns.sum([1, 2]), ns.chunk === chunk,
             required === _, _([3, 1, 2]).sortBy().map((n) => n * 2).value(), _.template('hi <%= x %>')({ x: 1 })]
         }",
    );
    assert_eq!(
        result,
        r#"["4.17.21",[[1,2],[3]],{"0":[2],"1":[1,3]},"undefined",3,true,true,[2,4,6],"hi 1"]"#
    );
}

#[test]
fn dayjs_is_a_function_with_properties() {
    let result = run(
        "import dayjs, { isDayjs } from 'npm/dayjs-1.11.13/dayjs.min.js';
         export default function () {
           const day = dayjs('2024-02-28').add(2, 'day');
           return [day.format('YYYY-MM-DD'), isDayjs(day), dayjs('2024-01-01').isBefore(day)]
         }",
    );
    assert_eq!(result, r#"["2024-03-01",true,true]"#);
}

#[test]
fn ramda_exports_its_names() {
    let result = run(
        "import { pipe, map, filter, sum } from 'npm/ramda-0.30.1/ramda.min.js'; import * as R from 'npm/ramda-0.30.1/ramda.min.js';
         export default function () { return [pipe(filter((n) => n > 1), map((n) => n * 10), sum)([1, 2, 3]), R.path(['a', 'b'], { a: { b: 7 } }), Object.keys(R).length > 200] }",
    );
    assert_eq!(result, "[50,7,true]");
}

#[test]
fn ajv_compiles_schemas_to_code() {
    let result = run(
        "import Ajv from 'npm/ajv-6.12.6/ajv.min.js';
         const validate = new Ajv().compile({ type: 'object', required: ['id'], properties: { id: { type: 'integer', minimum: 1 } } });
         export default function () { return [validate({ id: 5 }), validate({ id: 0 }), validate.errors[0].keyword] }",
    );
    assert_eq!(result, r#"[true,false,"minimum"]"#);
}

#[test]
fn mustache_works_as_an_es_module_and_as_umd() {
    let result = run(
        "import esm from 'npm/mustache-4.2.0/mustache.mjs'; import umd from 'npm/mustache-4.2.0/mustache.min.js';
         export default function () { return [esm, umd].map((m) => m.render('{{#names}}<{{.}}>{{/names}}', { names: ['a', '&'] })) }",
    );
    assert_eq!(result, r#"["<a><&amp;>","<a><&amp;>"]"#);
}

#[test]
fn an_error_inside_a_library_names_the_librarys_file() {
    let settings = LoadSettings {
        limits: limits(),
        import_map: BTreeMap::from([("npm/".to_owned(), npm())]),
        ..LoadSettings::default()
    };
    let script = "import Ajv from 'npm/ajv-6.12.6/ajv.min.js';\nexport default function () {\n  new Ajv().compile({ type: 'nonsense' })\n}";
    let bundle = load_with(script, settings).unwrap();
    match World::of(&bundle, limits()).call() {
        Err(ScriptFailure::Exception { message, stack }) => {
            assert!(message.contains("type should be"), "{message}");
            assert!(stack.contains("ajv.min.js:"), "{stack}");
            assert!(stack.lines().any(|line| line.contains("-:3:")), "{stack}");
        }
        other => panic!("{other:?}"),
    }
}
