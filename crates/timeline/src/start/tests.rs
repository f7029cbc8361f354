use super::*;

#[test]
fn starts_are_read_and_resolved_once() {
    let noon = 1_795_521_600_000_000_000;
    assert_eq!("2026-11-24T12:00:00Z".parse(), Ok(StartAt::At(noon)));
    assert_eq!("2026-11-24T13:00:00+01:00".parse(), Ok(StartAt::At(noon)));
    assert_eq!(StartAt::At(noon).resolve(5), noon);
    assert_eq!(StartAt::NextMinute.resolve(noon), noon + MINUTE);
    assert_eq!(
        StartAt::NextMinute.resolve(noon + 59_999_999_999),
        noon + MINUTE
    );
    assert_eq!(StartAt::Now.resolve(7), 7);
    for text in ["", "noon", "2026-11-24", "2026-11-24T12:00:00", "next-hour"] {
        assert!(text.parse::<StartAt>().is_err(), "{text}");
    }
}

#[test]
fn json_gives_starts_as_text_or_nothing() {
    let read = |json: &str| serde_json::from_str::<StartAt>(json).ok();
    assert_eq!(read("null"), Some(StartAt::Now));
    assert_eq!(read("\"next-minute\""), Some(StartAt::NextMinute));
    assert_eq!(read("5"), None);
    let at = StartAt::At(1_795_521_600_000_000_000);
    assert_eq!(
        serde_json::to_string(&at).unwrap(),
        "\"2026-11-24T12:00:00Z\""
    );
}

#[test]
fn any_text_is_a_start_that_reads_back_or_refused() {
    let sound = "2026-11-24T12:00:00.123456789+01:00";
    bolero::check!()
        .with_iterations(4_000)
        .with_type::<(u8, u8, String)>()
        .for_each(|(at, cut, with)| {
            let at = usize::from(*at) % sound.len();
            let end = (at + usize::from(*cut)).min(sound.len());
            let text = [&sound[..at], with, &sound[end..]].concat();
            if let Ok(start) = text.parse::<StartAt>() {
                assert_eq!(start.to_string().parse(), Ok(start), "{text}");
            }
        });
}
