//! Every status and its duty, and how long waits are.

use super::*;

fn reply(status: u16) -> Outcome {
    Outcome::Reply {
        status,
        retry_after: None,
        written: None,
    }
}

fn usual() -> Retry {
    Retry::new(Patience::USUAL, Rules::RemoteWrite1, 3)
}

#[test]
fn version_2_believes_what_the_receiver_says_it_wrote() {
    let rows = [
        (204, Some(3), Decision::Sent),
        (204, Some(2), Decision::Partly(1, Reason::Partial)),
        (204, None, Decision::FallBack),
        (415, None, Decision::FallBack),
        (400, Some(2), Decision::Partly(1, Reason::Rejected)),
        (400, Some(3), Decision::Partly(0, Reason::Rejected)),
        (400, None, Decision::Drop(Reason::Rejected)),
        (413, None, Decision::TooLarge),
    ];
    for (status, written, expected) in rows {
        let outcome = Outcome::Reply {
            status,
            retry_after: None,
            written,
        };
        let decision = Retry::new(Patience::USUAL, Rules::RemoteWrite2, 3).decide(
            &outcome,
            Duration::ZERO,
            0.5,
        );
        assert_eq!(decision, expected, "{status} {written:?}");
    }
}

#[test]
fn otlp_tries_again_only_what_its_specification_names() {
    let http = [
        (200, "Sent"),
        (429, "Retry"),
        (502, "Retry"),
        (503, "Retry"),
        (504, "Retry"),
        (500, "Drop"),
        (400, "Drop"),
        (404, "Drop"),
        (413, "TooLarge"),
        (401, "Authorize"),
    ];
    for (status, expected) in http {
        let decision =
            Retry::new(Patience::USUAL, Rules::Otlp, 3).decide(&reply(status), Duration::ZERO, 0.5);
        assert!(
            format!("{decision:?}").starts_with(expected),
            "{status}: {decision:?}"
        );
    }
    let second = Some(Duration::from_secs(1));
    let grpc = [
        (0, None, None, "Sent"),
        (0, None, Some(1), "Partly(2"),
        (14, None, None, "Retry"),
        (14, second, None, "Retry(1s)"),
        (8, second, None, "Retry(1s)"),
        (8, None, None, "Drop"),
        (3, None, None, "Drop"),
        (13, None, None, "Drop"),
        (16, None, None, "Authorize"),
    ];
    for (code, retry_after, written, expected) in grpc {
        let outcome = Outcome::Grpc {
            code,
            retry_after,
            written,
        };
        let decision =
            Retry::new(Patience::USUAL, Rules::Otlp, 3).decide(&outcome, Duration::ZERO, 0.5);
        assert!(
            format!("{decision:?}").starts_with(expected),
            "{code}: {decision:?}"
        );
    }
}

#[test]
fn each_status_has_its_duty() {
    let rows = [
        (200, "Sent"),
        (204, "Sent"),
        (299, "Sent"),
        (301, "Retry"),
        (302, "Retry"),
        (999, "Retry"),
        (101, "Retry"),
        (400, "Split"),
        (404, "Drop"),
        (422, "Split"),
        (415, "Drop"),
        (402, "Drop"),
        (413, "TooLarge"),
        (401, "Authorize"),
        (403, "Authorize"),
        (408, "Retry"),
        (429, "Retry"),
        (500, "Retry"),
        (502, "Retry"),
        (503, "Retry"),
        (504, "Retry"),
    ];
    for (status, expected) in rows {
        let decision = usual().decide(&reply(status), Duration::ZERO, 0.5);
        assert!(
            format!("{decision:?}").starts_with(expected),
            "{status}: {decision:?}"
        );
    }
}

#[test]
fn waits_double_to_five_seconds_and_never_fall_by_more_than_a_fifth() {
    let mut retry = usual();
    let mut jitter = Jitter(7);
    let mut before = Duration::ZERO;
    for _ in 0..20 {
        let Decision::Retry(wait) = retry.decide(&Outcome::NoReply, Duration::ZERO, jitter.next())
        else {
            panic!("must retry")
        };
        assert!(
            wait >= before.mul_f64(0.8)
                && wait <= LONGEST_WAIT
                && wait >= Duration::from_millis(20),
            "{wait:?}"
        );
        before = wait;
    }
    assert!(before > Duration::from_secs(4));
    assert_ne!(Jitter(1).next().to_bits(), Jitter(2).next().to_bits());
}

#[test]
fn the_receiver_may_choose_the_wait_up_to_five_minutes() {
    let rows = [
        ("1", Some(1)),
        (" 7 ", Some(7)),
        ("100000", Some(300)),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("Sun, 06 Nov 1994 08:49:40 GMT", Some(3)),
        ("Sun, 06 Nov 1994 08:49:30 GMT", Some(0)),
        ("Sun, 06 Foo 1994 08:49:37 GMT", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
    ];
    for (text, expected) in rows {
        assert_eq!(
            retry_after(text, 784_111_777),
            expected.map(Duration::from_secs),
            "{text:?}"
        );
    }
    let asked = Outcome::Reply {
        status: 429,
        retry_after: Some(Duration::from_secs(2)),
        written: None,
    };
    assert_eq!(
        usual().decide(&asked, Duration::ZERO, 0.1),
        Decision::Retry(Duration::from_secs(2))
    );
}

#[test]
fn an_eternal_500_is_given_up_after_eight_replies_and_two_minutes() {
    let mut retry = usual();
    for second in 0..8 {
        let decision = retry.decide(&reply(500), Duration::from_secs(second), 0.5);
        assert!(matches!(decision, Decision::Retry(_)), "{decision:?}");
    }
    assert_eq!(
        retry.decide(&reply(500), Duration::from_secs(121), 0.5),
        Decision::Split(Reason::Poison)
    );
    let mut slow = usual();
    slow.decide(&reply(500), Duration::ZERO, 0.5);
    assert!(
        matches!(
            slow.decide(&reply(500), Duration::from_secs(600), 0.5),
            Decision::Retry(_)
        ),
        "too few replies"
    );
}

#[test]
fn any_text_of_a_receiver_is_a_wait_of_at_most_five_minutes_or_none() {
    bolero::check!()
        .with_iterations(5_000)
        .with_type()
        .for_each(|(text, now): &(String, u64)| {
            for text in [
                text.as_str(),
                &format!("Sun, {text}"),
                &format!("Sun, 06 Nov {text} GMT"),
            ] {
                assert!(retry_after(text, *now).is_none_or(|wait| wait <= LONGEST_RETRY_AFTER));
            }
        });
}
