use super::*;

fn looked_at(text: &str) -> Option<Parsed> {
    match javascript(text, Namespaces::Done)? {
        Looked::Whole(parsed) => Some(parsed),
        Looked::Namespaces(_) => None,
    }
}

#[test]
fn a_namespace_of_a_built_in_module_is_asked_for_by_a_name_of_its_own() {
    let text = "import http from 'k6/http'; import * as names from 'k6/http'; import * as own from './k6.js'; import k, * as both from \"k6\";";
    let parsed = parse("a.js", text.to_owned(), Dialect::JavaScript).unwrap();
    assert!(
        parsed
            .text
            .contains("import * as names from 'k6/http#names';")
    );
    assert!(parsed.text.contains("import http from 'k6/http';"));
    assert!(
        parsed
            .text
            .contains("import * as own from './k6.js'; import k, * as both from \"k6\";")
    );
}

fn kind(text: &str) -> Option<Kind> {
    looked_at(text).map(|parsed| parsed.kind)
}

#[test]
fn the_content_says_what_a_file_is() {
    let cases = [
        ("import x from './x.js'", Some(Kind::Module)),
        ("export {}", Some(Kind::Module)),
        ("await f()", Some(Kind::Module)),
        (
            "console.log(import.meta.resolve('./x'))",
            Some(Kind::Module),
        ),
        ("module.exports = 1", Some(Kind::CommonJs)),
        ("return 5", Some(Kind::CommonJs)),
        ("#!/usr/bin/env node\nexports.a = 1", Some(Kind::CommonJs)),
        ("const await = 1; exports.a = await", Some(Kind::CommonJs)),
        ("", Some(Kind::CommonJs)),
        ("let x: number = 1", None),
        ("interface A {}", None),
        (r#"{ "a": 1 }"#, None),
        ("let = ;", None),
    ];
    for (text, expected) in cases {
        assert_eq!(kind(text), expected, "{text}");
    }
}

#[test]
fn requests_name_what_is_wanted_and_where() {
    let parsed = looked_at(
        "import d, { a, b as c } from 'one';\nimport * as ns from 'two'; import 'three';\n  export { x as y } from 'one';\nexport * from 'four'; export * as five from 'five'",
    )
    .expect("it is JavaScript");
    let shown: Vec<String> = parsed
        .requests
        .iter()
        .flatten()
        .map(|request| {
            let names: Vec<&str> = request.names.single.iter().map(String::as_str).collect();
            let all = if request.names.all { " *" } else { "" };
            format!(
                "{}:{} {} {}{all}",
                request.line,
                request.column,
                request.specifier,
                names.join(",")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "1:1 one a,b,default,x",
            "2:1 two  *",
            "2:28 three ",
            "4:1 four  *",
            "4:23 five  *"
        ]
    );
}

#[test]
fn typescript_becomes_javascript_with_its_own_positions() {
    let text = "import { Options } from 'k6/options';\nimport http from 'k6/http';\n\nenum Color { Red, Green = 5 }\nnamespace N { export const x = 1 }\n\
                class A<T> { constructor(private readonly a: T, public b?: number) {} get(): T { return this.a! } }\n\
                export const options: Options = { vus: 1 } satisfies Options;\n\
                export default function (): void {\n  const x = <any>http as unknown;\n    throw new Error(`${Color.Green} ${N.x}` as string);\n}\n";
    let parsed = parse("a.ts", text.to_owned(), Dialect::TypeScript).expect("it is TypeScript");
    assert_eq!(parsed.kind, Kind::Module);
    let specifiers: Vec<&str> = parsed
        .requests
        .iter()
        .flatten()
        .map(|request| request.specifier.as_str())
        .collect();
    assert_eq!(specifiers, ["k6/http"], "unused imports are types");
    assert_eq!(parsed.requests.as_ref().map(|all| all[0].line), Some(2));
    let (number, line) = parsed
        .text
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains("throw new"))
        .expect("it is still there");
    let column = line.find("new").expect("it is there") + 1;
    let positions = parsed.positions.expect("it was transformed");
    let small = |number: usize| u32::try_from(number).expect("small");
    assert_eq!(
        positions.translate(small(number + 1), small(column)),
        Some(("a.ts", 10, 11))
    );
}

#[test]
fn typescript_faults_name_their_place() {
    let fault = parse(
        "a.ts",
        "let a: number = 1;\nlet b: = 2".to_owned(),
        Dialect::TypeScript,
    )
    .expect_err("it is wrong");
    assert_eq!(fault.line, 2, "{fault:?}");
    assert!(fault.message.starts_with("SyntaxError: "), "{fault:?}");
    // Standard input: the engine says what is wrong.
    let parsed = parse("-", "let a = ;".to_owned(), Dialect::Either).expect("left to the engine");
    assert_eq!(parsed.text, "let a = ;");
}

#[test]
fn plain_javascript_in_a_ts_file_stays_as_it_is() {
    let text = "export  default   function () {}";
    let parsed = parse("a.ts", text.to_owned(), Dialect::TypeScript).expect("it is JavaScript");
    assert_eq!(parsed.text, text);
    assert!(parsed.positions.is_none());
}

#[test]
fn any_source_is_looked_at_or_refused_with_its_place() {
    let sound = "import http, { get as g } from 'k6/http';\nimport type { T } from './t';\nexport * from \"./b.js\";\n\
                 const x: number = <number>1; enum E { A = 1 }\nclass C<T> { constructor(private y: T) {} }\n\
                 export default function () { return `${x as any}` + /a\\/b/.source; }\nmodule.exports = require('./c');\n";
    bolero::check!()
        .with_iterations(1_500)
        .with_type::<(u16, u8, String)>()
        .for_each(|(at, cut, with)| {
            let at = usize::from(*at) % sound.len();
            let end = (at + usize::from(*cut)).min(sound.len());
            let text = [&sound[..at], with, &sound[end..]].concat();
            for dialect in [Dialect::JavaScript, Dialect::TypeScript, Dialect::Either] {
                match parse("a.ts", text.clone(), dialect) {
                    Ok(_) => {}
                    Err(fault) => {
                        assert!(fault.line > 0 && fault.column > 0, "{text}");
                        assert!(!fault.message.is_empty());
                    }
                }
            }
        });
}
