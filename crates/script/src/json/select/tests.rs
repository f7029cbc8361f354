use super::select;

const DOCUMENT: &str = r#" {"name":{"first":"Tom","last":"Anderson"},"age":37,"children":["Sara","Alex","Jack"],
 "fav.movie":"Deer Hunter","null":null,"deep":[[1,[2,3]],[4]],"text":"{\"a\":1}","esc":"a\"b",
 "friends":[{"first":"Dale","last":"Murphy","age":44,"ok":true},{"first":"Roger","last":"Craig","age":68},
            {"first":"Jane","last":"Murphy","age":47,"nets":["ig","tw"]}]} "#;

#[test]
fn paths_select_as_gjson_does() {
    let cases = [
        ("name.last", Some(r#""Anderson""#)),
        ("age", Some("37")),
        ("null", Some("null")),
        ("esc", Some(r#""a\"b""#)),
        ("children.1", Some(r#""Alex""#)),
        ("children.#", Some("3")),
        (
            "@dig:last",
            Some(r#"["Anderson","Murphy","Craig","Murphy"]"#),
        ),
        ("deep|@dig:0", Some("[[1,[2,3]],1,2,4]")),
        (
            r#"{"a":children,"b":friends.#.age}|@group"#,
            Some(r#"[{"a":"Sara","b":44},{"a":"Alex","b":68},{"a":"Jack","b":47}]"#),
        ),
        ("children.3", None),
        ("child*.2", Some(r#""Jack""#)),
        ("c?ildren.0", Some(r#""Sara""#)),
        (r"fav\.movie", Some(r#""Deer Hunter""#)),
        ("friends.#.first", Some(r#"["Dale","Roger","Jane"]"#)),
        ("friends.#.nets.#", Some("[2]")),
        ("friends.#.first|0", Some(r#""Dale""#)),
        ("friends.1.last", Some(r#""Craig""#)),
        (r#"friends.#(last=="Murphy").first"#, Some(r#""Dale""#)),
        (
            r#"friends.#(last=="Murphy")#.first"#,
            Some(r#"["Dale","Jane"]"#),
        ),
        (r#"friends.#(last=="Murphy")#|#"#, Some("2")),
        ("friends.#(age>45)#.last", Some(r#"["Craig","Murphy"]"#)),
        ("friends.#(age<=44).first", Some(r#""Dale""#)),
        (r#"friends.#(first%"D*").last"#, Some(r#""Murphy""#)),
        (r#"friends.#(first!%"D*").last"#, Some(r#""Craig""#)),
        (r#"friends.#(last!="Murphy").first"#, Some(r#""Roger""#)),
        ("friends.#(ok==true).first", Some(r#""Dale""#)),
        (r#"friends.#(nets.#(=="ig")).first"#, Some(r#""Jane""#)),
        (r#"children.#(=="Alex")"#, Some(r#""Alex""#)),
        ("friends.#(nope==1).first", None),
        ("friends.#(nope==1)#.first", Some("[]")),
        ("{name.first,age}", Some(r#"{"first":"Tom","age":37}"#)),
        (r#"{"n":name.first,nope}"#, Some(r#"{"n":"Tom"}"#)),
        ("[name.first,age]", Some(r#"["Tom",37]"#)),
        ("children|@reverse", Some(r#"["Jack","Alex","Sara"]"#)),
        ("children.@reverse.0", Some(r#""Jack""#)),
        ("name|@keys", Some(r#"["first","last"]"#)),
        ("name.@values", Some(r#"["Tom","Anderson"]"#)),
        ("deep|@flatten", Some("[1,[2,3],4]")),
        (r#"deep|@flatten:{"deep":true}"#, Some("[1,2,3,4]")),
        ("text.@fromstr.a", Some("1")),
        ("age.@tostr", Some(r#""37""#)),
        ("@this.age", Some("37")),
        ("nope", None),
        ("name.first.x", None),
        ("@nope", None),
    ];
    for (path, expected) in cases {
        assert_eq!(
            select(DOCUMENT.as_bytes(), path).as_deref(),
            expected,
            "{path}"
        );
    }
}

#[test]
fn what_is_no_json_selects_nothing() {
    for json in ["", "{", "{\"a\":1,}", "nope"] {
        assert_eq!(select(json.as_bytes(), "a"), None, "{json}");
    }
    assert_eq!(select(b"[1,2]", "1").as_deref(), Some("2"));
}

#[test]
fn a_path_nested_in_itself_is_refused_before_the_stack_is() {
    let path = "#(".repeat(10_000) + &")".repeat(10_000);
    assert_eq!(select(b"[[[[1]]]]", &path), None);
    let _ = select(b"[[[[1]]]]", &"#.".repeat(10_000));
}

#[test]
fn whatever_is_selected_is_json_and_nothing_panics() {
    bolero::check!()
        .with_iterations(5000)
        .with_type::<(String, u8)>()
        .for_each(|(path, which)| {
            let documents = [
                DOCUMENT,
                "[1,[2,{\"a\":[{}]}],\"x\"]",
                "\"s\"",
                "{}",
                "[]",
                "{\"\":{\"*\":1}}",
            ];
            let document = documents[usize::from(*which) % documents.len()];
            // Bytes that the grammar cares about, so that random paths reach its corners.
            let alphabet: Vec<char> = "a.#()@|*?\\\"{}[]=<>!%,:0reverse".chars().collect();
            let shaped: String = path
                .bytes()
                .map(|byte| alphabet[usize::from(byte) % alphabet.len()])
                .collect();
            for path in [path, &shaped] {
                if let Some(found) = select(document.as_bytes(), path) {
                    serde_json::from_str::<serde_json::Value>(&found).unwrap();
                }
            }
        });
}
