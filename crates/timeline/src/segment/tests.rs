use super::*;

#[test]
fn segments_are_read_in_all_forms_and_printed_reduced() {
    let cases = [
        ("", "0:1"),
        ("1/3", "0:1/3"),
        ("2/6:4/6", "1/3:2/3"),
        ("0.25:0.5", "1/4:1/2"),
        ("25%:100%", "1/4:1"),
        ("0:1", "0:1"),
    ];
    for (text, printed) in cases {
        assert_eq!(
            text.parse::<Segment>().map(|segment| segment.to_string()),
            Ok(printed.into()),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_segment_is_refused() {
    for text in [
        "1/0",
        "33.5%",
        "0.5:0.5",
        "2/3:1/3",
        "0:2",
        "-1:1",
        "a",
        ":",
        "0:1/2:1",
        "1/",
        "0:1.5",
        "99999999999999999999/3",
        "0.00000000000000000000001",
    ] {
        assert!(text.parse::<Segment>().is_err(), "{text}");
    }
}

#[test]
fn sequences_are_filled_up_to_the_whole() {
    let cases = [("0,1/4,1/2,1", "0,1/4,1/2,1"), ("1/4,50%", "0,1/4,1/2,1")];
    for (text, printed) in cases {
        assert_eq!(
            text.parse::<SegmentSequence>()
                .map(|sequence| sequence.to_string()),
            Ok(printed.into()),
            "{text}"
        );
    }
    for text in ["", "0", "0,1/2,1/3", "0,0,1", "0,,1", "0,2"] {
        assert!(text.parse::<SegmentSequence>().is_err(), "{text}");
    }
    let third: Segment = "1/3:2/3".parse().unwrap();
    assert_eq!(SegmentSequence::around(third).to_string(), "0,1/3,2/3,1");
    assert_eq!(
        SegmentSequence::around(Segment::default()).to_string(),
        "0,1"
    );
}

#[test]
fn no_text_breaks_the_parsers_and_what_is_printed_is_read_back() {
    bolero::check!()
        .with_iterations(20_000)
        .with_type::<(String, Vec<(u8, u8)>)>()
        .for_each(|(text, points)| {
            let likely = points
                .iter()
                .map(|(num, den)| format!("{num}/{den}"))
                .collect::<Vec<_>>()
                .join(",");
            for text in [text, &likely] {
                if let Ok(segment) = text.replace(',', ":").parse::<Segment>() {
                    assert_eq!(segment.to_string().parse(), Ok(segment));
                }
                if let Ok(sequence) = text.parse::<SegmentSequence>() {
                    assert_eq!(sequence.to_string().parse(), Ok(sequence));
                }
            }
        });
}
