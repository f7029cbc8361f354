use super::*;

#[test]
fn any_text_is_a_duration_or_none() {
    bolero::check!()
        .with_iterations(4_000)
        .with_type::<(u32, String)>()
        .for_each(|(number, text)| {
            for text in [
                text.clone(),
                format!("{number}{text}"),
                format!("{number}s{text}"),
            ] {
                if let Some(duration) = parse_duration(&text) {
                    assert!(!text.is_empty() && duration >= Duration::ZERO);
                }
            }
        });
}

#[test]
fn durations_read_as_go_writes_them() {
    for (text, expected) in [
        ("10s", Some(10_000)),
        ("1m30s", Some(90_000)),
        ("250ms", Some(250)),
        ("1.5s", Some(1500)),
        ("300", Some(300)),
        ("", None),
        ("s", None),
        ("10x", None),
        ("-1s", None),
    ] {
        assert_eq!(
            parse_duration(text),
            expected.map(Duration::from_millis),
            "{text}"
        );
    }
}
