//! What one sample costs on the hot path. Run with `cargo bench -p loadd-metrics`; not part of CI.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use loadd_metrics::{
    Kind, MetricsSettings, Recorder, Registry, RequestTimes, Shelf, TagSetId, Totals, metric,
};

/// Times of requests on a kept connection, spread over two octaves.
fn requests() -> Vec<RequestTimes> {
    (0..1024u64)
        .map(|n| {
            let spread = n.wrapping_mul(2_654_435_761) % 3_000_000;
            let waiting = 1_000_000 + spread;
            [
                waiting + 60_000,
                1_500 + spread / 1_000,
                0,
                0,
                20_000 + spread / 100,
                waiting,
                40_000 + spread / 80,
            ]
        })
        .collect()
}

fn record(criterion: &mut Criterion) {
    let registry = Registry::new(MetricsSettings::default());
    let mut recorder = Recorder::new(&registry);
    let requests = requests();

    let series = recorder.request_series(TagSetId::EMPTY);
    let mut next = 0;
    criterion.bench_function("record_request, one series", |bencher| {
        bencher.iter(|| {
            next = (next + 1) % requests.len();
            recorder.record_request(black_box(&series), &requests[next], Some(false));
        });
    });

    let many: Vec<_> = (0..100)
        .map(|n| {
            let tags = recorder.extend(TagSetId::EMPTY, &[("name", &n.to_string())]);
            recorder.request_series(tags)
        })
        .collect();
    criterion.bench_function("record_request, 100 series in turn", |bencher| {
        bencher.iter(|| {
            next = (next + 1) % requests.len();
            recorder.record_request(
                black_box(&many[next % many.len()]),
                &requests[next],
                Some(false),
            );
        });
    });

    let counter = recorder.series(metric::ITERATIONS, TagSetId::EMPTY);
    criterion.bench_function("count", |bencher| {
        bencher.iter(|| recorder.count(black_box(counter)));
    });
    let trend = recorder.series(metric::ITERATION_DURATION, TagSetId::EMPTY);
    criterion.bench_function("observe", |bencher| {
        bencher.iter(|| {
            next = (next + 1) % requests.len();
            recorder.observe(black_box(trend), requests[next][0]);
        });
    });
    let plain = registry
        .declare("basket", Kind::Trend, loadd_metrics::Contains::Default)
        .expect("a valid, new name");
    let plain = recorder.series(plain, TagSetId::EMPTY);
    criterion.bench_function("add to a plain trend", |bencher| {
        bencher.iter(|| {
            next = (next + 1) % requests.len();
            recorder.add(black_box(plain), requests[next][0] as f64);
        });
    });

    let base = recorder.extend(TagSetId::EMPTY, &[("scenario", "default"), ("group", "")]);
    let extra = [
        ("name", "http://127.0.0.1:8080/"),
        ("url", "http://127.0.0.1:8080/"),
        ("method", "GET"),
        ("status", "200"),
    ];
    criterion.bench_function(
        "extend by four tags and request_series, cached",
        |bencher| {
            bencher.iter(|| {
                let tags = recorder.extend(base, black_box(&extra));
                recorder.request_series(tags)
            });
        },
    );

    let mut totals = Totals::new(&registry);
    let mut spare = Shelf::default();
    criterion.bench_function(
        "tick: 1,000 requests on 100 series, swap, absorb, snapshot",
        |bencher| {
            bencher.iter(|| {
                for (request, series) in requests.iter().zip(many.iter().cycle()).take(1_000) {
                    recorder.record_request(series, request, Some(false));
                }
                spare = totals.absorb(recorder.swap(std::mem::take(&mut spare)));
                totals.snapshot(0, Duration::ZERO, false)
            });
        },
    );
}

criterion_group!(benches, record);
criterion_main!(benches);
