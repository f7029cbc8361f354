//! The engine's own parser is the judge.

use proptest::prelude::*;
use rquickjs::{Context, Ctx, Function, Runtime, Value};

use super::{Built, build};

/// Text of a value in which -0 and the order and kind of all properties show.
const SHOW: &str =
    "v => JSON.stringify(v, (k, x) => Object.is(x, -0) ? '-0' : x) + Object.keys(v ?? {})";

fn show<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> String {
    let show: Function<'js> = ctx.eval(SHOW).unwrap();
    show.call((value,)).unwrap()
}

/// What both make of it; `None` where this parser leaves it to the engine.
fn both(text: &str) -> Option<(String, String)> {
    let runtime = Runtime::new().unwrap();
    Context::full(&runtime).unwrap().with(|ctx| {
        let built = match build(&ctx, text.as_bytes()) {
            Built::Value(value) => value,
            Built::Unusual => return None,
            Built::Failed => panic!("{:?}", ctx.catch()),
        };
        let parsed: Value = ctx.json_parse(text).unwrap_or_else(|_| {
            panic!("only one parser takes {text:?}");
        });
        Some((show(&ctx, built), show(&ctx, parsed)))
    })
}

#[test]
fn values_are_those_of_the_engine() {
    for text in [
        "0",
        "-0",
        "1",
        "-17",
        "123456789",
        "1234567890",
        "-2147483648",
        "1e3",
        "1.5E-7",
        "0.1",
        "1e400",
        "-1e-400",
        "true",
        "false",
        "null",
        r#""""#,
        r#""text""#,
        r#""\u00e9\n\"\\/""#,
        "\"ünïcödé 😀\"",
        "[]",
        "{}",
        " [ 1 , 2 ,\t3\r\n] ",
        r#"{"a":1,"b":[{"a":2},{"a":3,"":4}]}"#,
        r#"{"a":1,"a":2,"10":3,"2":4}"#,
        r#"{"__proto__":{"x":1},"constructor":null}"#,
    ] {
        let (ours, engines) = both(text).unwrap_or_else(|| panic!("{text} is usual"));
        assert_eq!(ours, engines, "{text}");
    }
}

#[test]
fn what_is_unusual_is_left_to_the_engine() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    for text in [
        "",
        " ",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,]",
        "{",
        r#"{"a"#,
        r#"{"a""#,
        r#"{"a":"#,
        r#"{"a":1"#,
        r#"{"a":1,}"#,
        "{a:1}",
        "tru",
        "nul",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "1 2",
        "NaN",
        r#""open"#,
        "\"tab\t\"",
        r#""\x""#,
        r#""\ud800""#,
        "[1]]",
        r#"{"\u0061":1}"#,
        &deep,
    ] {
        assert_eq!(both(text), None, "{text}");
    }
    let runtime = Runtime::new().unwrap();
    Context::full(&runtime).unwrap().with(|ctx| {
        assert!(matches!(build(&ctx, b"[\"\xff\"]"), Built::Unusual));
    });
}

#[test]
fn a_full_heap_is_an_exception_and_nothing_is_leaked_or_freed_twice() {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    let text = format!(
        "[{}]",
        vec![r#"{"key":["a string of some length",{"x":1.5}]}"#; 20_000].join(",")
    );
    let used = runtime.memory_usage().malloc_size;
    runtime.set_memory_limit(usize::try_from(used).unwrap() + (1 << 20));
    context.with(|ctx| {
        assert!(matches!(build(&ctx, text.as_bytes()), Built::Failed));
        drop(ctx.catch());
    });
    runtime.run_gc();
    let after = runtime.memory_usage().malloc_size;
    assert!(after < used + 100_000, "{used} bytes before, {after} after");
}

fn json() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i32>().prop_map(|n| n.to_string()),
        any::<f64>()
            .prop_filter("JSON has no others", |n| n.is_finite())
            .prop_map(|n| format!("{n:e}")),
    ];
    let text = any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap());
    let leaf = prop_oneof![
        number,
        text,
        Just("true".to_owned()),
        Just("null".to_owned())
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let key = "[a-c]{0,2}|[0-9]|ä";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|list| format!("[{}]", list.join(", "))),
            prop::collection::vec((key, inner), 0..6).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| format!("\"{key}\" :{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_json_is_read_as_the_engine_reads_it(text in json()) {
        let (ours, engines) = both(&text).expect("well-formed");
        prop_assert_eq!(ours, engines);
    }

    /// Never a value where the engine sees an error, and never a crash.
    #[test]
    fn damaged_json_is_no_value(text in json(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        chars[at] = with;
        let damaged: String = chars.into_iter().collect();
        if let Some((ours, engines)) = both(&damaged) {
            prop_assert_eq!(ours, engines);
        }
    }
}
