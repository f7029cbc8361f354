use super::*;

#[test]
fn every_form_of_a_duration_is_read_exactly() {
    let cases: &[(&str, i64)] = &[
        ("0", 0),
        ("5", 5_000_000),
        ("0.5", 500_000),
        ("-2", -2_000_000),
        ("4.35", 4_350_000),
        ("1h", 3_600_000_000_000),
        ("1.5h30m", 7_200_000_000_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("-1m30s", -90_000_000_000),
        ("+10ms", 10_000_000),
        ("3us", 3_000),
        ("3\u{b5}s", 3_000),
        ("3\u{3bc}s", 3_000),
        ("7ns", 7),
        ("0.123456789123s", 123_456_789),
        ("2d", 172_800_000_000_000),
        ("1d12h", 129_600_000_000_000),
        ("-1d12h", -129_600_000_000_000),
    ];
    for &(text, nanos) in cases {
        assert_eq!(parse_duration(text), Ok(DurationValue(nanos)), "{text}");
    }
}

#[test]
fn what_is_no_duration_is_refused() {
    for text in [
        "",
        "s",
        "1x",
        "1h5",
        "d",
        "1.5d",
        "1d-1h",
        "1d5",
        "--1s",
        "1 s",
        "1e3",
        "forever",
        "300y",
        "20000000000s",
    ] {
        assert!(parse_duration(text).is_err(), "{text}");
    }
}

#[test]
fn the_command_line_takes_no_bare_number_and_no_days() {
    assert_eq!(parse_go_duration("1m"), Ok(DurationValue(60_000_000_000)));
    assert_eq!(parse_go_duration("0"), Ok(DurationValue(0)));
    assert_eq!(
        parse_go_duration("5"),
        Err(DurationError::NoUnit("5".into()))
    );
    assert!(parse_go_duration("2d").is_err());
}

#[test]
fn durations_print_as_in_go() {
    let cases = [
        (0, "0s"),
        (1, "1ns"),
        (1_500, "1.5\u{b5}s"),
        (100_000_000, "100ms"),
        (1_500_000_000, "1.5s"),
        (60_000_000_000, "1m0s"),
        (3_600_000_000_000, "1h0m0s"),
        (-90_000_000_000, "-1m30s"),
    ];
    for (nanos, text) in cases {
        assert_eq!(DurationValue(nanos).to_string(), text);
    }
}

#[test]
fn json_gives_durations_as_numbers_or_text() {
    let read = |json: &str| {
        serde_json::from_str::<DurationValue>(json)
            .map(|value| value.0)
            .ok()
    };
    assert_eq!(read("1500"), Some(1_500_000_000));
    assert_eq!(read("0.1"), Some(100_000));
    assert_eq!(read("\"5\""), Some(5_000_000));
    assert_eq!(read("\"1m\""), Some(60_000_000_000));
    assert_eq!(read("true"), None);
    assert_eq!(read("9223372036854775807"), None);
}

#[test]
fn no_text_breaks_the_parsers_and_what_is_printed_is_read_back() {
    bolero::check!()
        .with_iterations(20_000)
        .with_type::<(String, i64)>()
        .for_each(|(text, nanos)| {
            if let Ok(value) = parse_duration(text) {
                assert_eq!(parse_duration(&value.to_string()), Ok(value));
            }
            let value = DurationValue((*nanos).max(-i64::MAX));
            assert_eq!(parse_go_duration(&value.to_string()), Ok(value));
        });
}
