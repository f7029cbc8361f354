//! TypeScript, source maps, positions, and sources that are refused.

use crate::folder::{Folder, fail};
use crate::kit::{World, limits, load};
use loadd_script::ScriptFailure;

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
        load("enum A { B = 4 }\nexport default function (): number { return A.B }").unwrap();
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
