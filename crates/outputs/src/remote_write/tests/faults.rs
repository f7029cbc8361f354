//! Receivers and disks on their bad days. After each of them: recorded = sent + failed + dropped + pending.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use loadd_metrics::Kind;

use super::{
    pipeline::{LONG, Pipeline, STALE, arrivals, balanced, of, samples_of, small_run},
    receiver::{Answer, Receiver},
};
use crate::{
    RemoteWriteSettings,
    endpoint::retry::Patience,
    spool::{Limits, Log, tests::Disk},
};

/// Requests after a bad one carry the same bytes, everything arrives and arrives once.
fn survives(receiver: &Receiver, bad: usize, prepare: impl FnOnce(&mut crate::Delivery)) {
    let (report, counters) = small_run(&receiver.url, |_| {}, prepare, LONG);
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    let seen = receiver.seen();
    assert!(
        seen[1..=bad]
            .iter()
            .all(|captured| captured.body == seen[0].body)
    );
    let mut arrived = arrivals(&receiver.accepted());
    assert_eq!(arrived.len() as u64, report.sent);
    arrived.sort_unstable();
    arrived.dedup();
    assert_eq!(arrived.len() as u64, report.sent, "nothing twice");
    assert_eq!(counters.retries.load(Relaxed), bad as u64);
}

#[test]
fn half_a_reply_garbage_and_silence_are_as_no_reply() {
    let replies: [&[u8]; 7] = [
        b"HTTP/1.1 204 No Content\r\ncontent-",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal",
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\nhalf",
        b"\x16\x03\x01 this is not HTTP\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"",
    ];
    for reply in replies {
        let receiver = Receiver::start(move |number, _| match number {
            0 | 1 => Answer::Broken(reply.to_vec()),
            _ => Answer::status(204),
        });
        survives(&receiver, 2, |_| {});
    }
}

#[test]
fn a_reply_that_never_comes_costs_the_time_allowed_and_nothing_else() {
    let receiver = Receiver::start(|number, _| match number {
        0 | 1 => Answer::Stall,
        _ => Answer::status(204),
    });
    survives(&receiver, 2, |output| {
        output.endpoint.timeout = Duration::from_millis(150);
    });
}

#[test]
fn a_stalled_receiver_holds_up_the_end_no_longer_than_the_flush_may_take() {
    let receiver = Receiver::start(|_, _| Answer::Stall);
    let (report, counters) = small_run(&receiver.url, |_| {}, |_| {}, Duration::from_millis(300));
    assert_eq!((report.sent, report.failed, report.dropped), (0, 0, 0));
    assert!(report.pending > 0);
    assert_eq!(counters.pending.load(Relaxed), report.pending);
}

#[test]
fn a_status_that_no_standard_knows_and_a_reply_of_a_megabyte_are_survived() {
    let receiver = Receiver::start(|number, _| match number {
        0 => Answer::status(999),
        1 => Answer::Whole(503, Vec::new(), "x".repeat(1 << 20)),
        _ => Answer::status(204),
    });
    survives(&receiver, 2, |_| {});
}

#[test]
fn a_series_that_the_receiver_dies_of_is_found_and_given_up_alone() {
    let receiver = Receiver::start(|_, captured| {
        let poisoned = !of(&[captured.request()], "k6_orders_total").is_empty();
        Answer::status(if poisoned { 500 } else { 204 })
    });
    let (report, counters) = small_run(
        &receiver.url,
        |_| {},
        |output| {
            output.patience = Patience {
                replies: 2,
                time: Duration::ZERO,
            };
        },
        LONG,
    );
    assert_eq!(counters.failed_poison.load(Relaxed), 3, "zero, value, end");
    assert_eq!((report.failed, report.dropped, report.pending), (3, 0, 0));
    let accepted = receiver.accepted();
    assert_eq!(arrivals(&accepted).len() as u64, report.sent);
    assert!(!of(&accepted, "k6_wait").is_empty());
}

#[test]
fn a_receiver_that_answers_500_for_a_while_poisons_nothing() {
    let receiver = Receiver::start(|number, _| Answer::status(if number < 5 { 500 } else { 204 }));
    survives(&receiver, 5, |output| {
        output.patience.replies = 2;
    });
}

/// A sender over a disk that can be full; the log opens with the sender's own counters.
fn on(disk: &Disk, limits: Limits, pipeline: &Pipeline, url: &str) -> crate::Delivery {
    let mut output = pipeline.sender(RemoteWriteSettings::new(url), None);
    let counters = output.counters();
    output.log = Log::open(Box::new(disk.clone()), limits, "remote_write", counters).unwrap();
    output
}

#[test]
fn what_a_full_disk_refuses_waits_in_memory_and_arrives_in_order() {
    let disk = Disk::default();
    let away = Arc::new(AtomicBool::new(true));
    let is_away = Arc::clone(&away);
    let receiver =
        Receiver::start(move |_, _| Answer::status(if is_away.load(Relaxed) { 503 } else { 204 }));
    let mut pipeline = Pipeline::new();
    let output = on(&disk, Limits::of(1 << 20), &pipeline, &receiver.url);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for push in 1..=6 {
        disk.full.store((2..=4).contains(&push), Relaxed);
        pipeline.add("orders", Kind::Counter, &[], 1.0);
        pipeline.push(&counters, push * 5_000, push == 6);
    }
    away.store(false, Relaxed);
    let report = handle.finish(LONG);
    balanced(report, &counters);
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    assert!(counters.spool_write_errors.load(Relaxed) > 0);
    let samples = samples_of(&receiver.accepted(), "k6_orders_total");
    let values: Vec<f64> = samples[..samples.len() - 1]
        .iter()
        .map(|(_, value)| *value)
        .collect();
    assert_eq!(values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(samples[7].1.to_bits(), STALE);
    assert!(samples.windows(2).all(|pair| pair[0].0 < pair[1].0));
}

#[test]
fn a_disk_that_stays_full_costs_no_more_memory_than_the_queue_and_no_count() {
    let disk = Disk::default();
    disk.full.store(true, Relaxed);
    let away = Arc::new(AtomicBool::new(true));
    let is_away = Arc::clone(&away);
    let receiver =
        Receiver::start(move |_, _| Answer::status(if is_away.load(Relaxed) { 503 } else { 204 }));
    let mut pipeline = Pipeline::new();
    let limits = Limits {
        queue_bytes: 3_000,
        ..Limits::of(1 << 20)
    };
    let output = on(&disk, limits, &pipeline, &receiver.url);
    let counters = output.counters();
    let handle = output.start().unwrap();
    for push in 1..=60 {
        pipeline.add("orders", Kind::Counter, &[], 1.0);
        pipeline.push(&counters, push * 5_000, push == 60);
    }
    away.store(false, Relaxed);
    let report = handle.finish(LONG);
    balanced(report, &counters);
    assert_eq!((report.failed, report.pending), (0, 0));
    assert_eq!(report.dropped, counters.dropped_queue_full.load(Relaxed));
    assert!(report.dropped > 0);
    let samples = samples_of(&receiver.accepted(), "k6_orders_total");
    assert_eq!(samples[0], (0, 0.0), "the zero at birth moved along");
    assert!(samples.contains(&(60 * 5_000, 60.0)), "{samples:?}");
    assert!(samples.windows(2).all(|pair| pair[0].0 < pair[1].0));
}
