//! A process ends with samples pending; the next one finds them on the disk.

use std::{collections::HashMap, sync::atomic::Ordering::Relaxed, time::Duration};

use loadd_metrics::Kind;

use super::{
    pipeline::{LONG, NOW, Pipeline, arrivals, balanced, run_folder, samples_of},
    receiver::{Answer, Receiver},
};
use crate::{FlushReport, RemoteWriteSettings};

/// A process that counts up to a number in pushes of 5 s and ends without an end of the run (`last` false), or with it.
fn process(
    root: &std::path::Path,
    url: &str,
    pushes: std::ops::RangeInclusive<i64>,
    (last, timeout): (bool, Duration),
) -> FlushReport {
    let folder = run_folder(root);
    let mut pipeline = Pipeline::new();
    if *pushes.start() > 1 {
        let saved = loadd_metrics::SavedSeries {
            metric: "orders".to_owned(),
            kind: Kind::Counter,
            contains: loadd_metrics::Contains::Default,
            tags: Vec::new(),
            value: loadd_metrics::SavedValue::Counter((*pushes.start() - 1) as f64),
        };
        assert!(pipeline.totals.restore([saved]).is_empty());
    }
    let output = pipeline.sender(RemoteWriteSettings::new(url), Some(&folder));
    let counters = output.counters();
    assert_eq!(
        counters.recorded.load(Relaxed),
        counters.pending.load(Relaxed),
        "what waits counts as recorded by this process"
    );
    let handle = output.start().unwrap();
    for push in pushes.clone() {
        pipeline.add("orders", Kind::Counter, &[], 1.0);
        pipeline.push(&counters, push * 5_000, last && push == *pushes.end());
    }
    let report = handle.finish(timeout);
    balanced(report, &counters);
    report
}

#[test]
fn what_was_pending_is_sent_first_in_order_and_nothing_twice() {
    let root = tempfile::tempdir().unwrap();
    let mut through = false;
    let receiver = Receiver::start(move |_, captured| {
        // The first process gets one push of ours through; then the receiver is away until the second one starts.
        let away = through;
        through |= !samples_of(&[captured.request()], "k6_orders_total").is_empty();
        Answer::status(if away { 503 } else { 204 })
    });
    let short = Duration::from_millis(300);
    let first = process(root.path(), &receiver.url, 1..=4, (false, short));
    assert!(first.sent > 0 && first.pending > 0, "{first:?}");
    let away = Receiver::away();
    let second = process(root.path(), &away.url, 5..=6, (false, short));
    assert_eq!(second.sent, 0);
    assert!(second.pending > first.pending, "{second:?}");
    let back = Receiver::statuses(&[]);
    let third = process(root.path(), &back.url, 7..=8, (true, LONG));
    assert_eq!((third.failed, third.dropped, third.pending), (0, 0, 0));

    let mut requests = receiver.accepted();
    requests.extend(back.accepted());
    let arrived = arrivals(&requests);
    assert_eq!(arrived.len() as u64, first.sent + third.sent);
    let mut newest: HashMap<&str, i64> = HashMap::new();
    for (labels, time) in &arrived {
        let before = newest.insert(labels, *time).unwrap_or(0);
        assert!(before < *time, "{labels}: {time} after {before}");
    }
    let samples = samples_of(&requests, "k6_orders_total");
    let values: Vec<f64> = samples[..samples.len() - 1]
        .iter()
        .map(|(_, value)| *value)
        .collect();
    assert_eq!(values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    let oldest = arrivals(&back.accepted())[0].1;
    assert_eq!(
        oldest,
        NOW + 2 * 5_000,
        "the oldest that waited comes first"
    );
}

#[test]
fn after_a_clean_end_nothing_of_it_is_sent_again() {
    let root = tempfile::tempdir().unwrap();
    let receiver = Receiver::statuses(&[]);
    let first = process(root.path(), &receiver.url, 1..=2, (true, LONG));
    assert_eq!(first.pending, 0);
    let folder = run_folder(root.path());
    let mut pipeline = Pipeline::new();
    let output = pipeline.sender(RemoteWriteSettings::new(&receiver.url), Some(&folder));
    let counters = output.counters();
    assert_eq!(counters.recorded.load(Relaxed), 0, "nothing waits");
    let newest = output.newest_ms();
    assert!(newest > NOW + 10_000, "the end of the run, to date after");
    pipeline.publish(newest - NOW + 5_000, true);
    let report = output.start().unwrap().finish(LONG);
    balanced(report, &counters);
    let arrived = arrivals(&receiver.accepted());
    let (old, new) = arrived.split_at(first.sent as usize);
    assert!(old.iter().all(|(_, time)| *time <= newest));
    assert!(new.iter().all(|(_, time)| *time > newest), "{new:?}");
}
