//! From a recorder through the tap into files, read back as k6's readers would.

use std::{io::Read, path::Path};

use loadd_metrics::{
    Contains, Kind, MetricsSettings, Recorder, SampleTap, Shelf, SystemTag, TagSetId, metric, tap,
};
use serde_json::Value;

use super::*;

/// 2025-11-24T16:00:00.25Z
const WHEN: i64 = 1_764_000_000_250_000_000;

fn written(outputs: Vec<SampleOutput>, facts: &SampleFacts) -> SampleReport {
    let registry = Registry::new(MetricsSettings::default());
    let mut recorder = Recorder::new(&registry);
    let (sink, feed) = tap();
    recorder.attach(SampleTap::new(sink, || WHEN));
    let files = SampleFiles::start(outputs, facts, Arc::clone(&registry), feed).unwrap();
    let tags = [
        ("group", ""),
        ("scenario", "default"),
        ("mine", "a,b"),
        ("also", "1"),
    ];
    let tags = recorder.extend(TagSetId::EMPTY, &tags);
    let mine = registry
        .declare("basket", Kind::Trend, Contains::Time)
        .unwrap();
    let mine = recorder.series(mine, tags);
    let iterations = recorder.series(metric::ITERATIONS, tags);
    let own = recorder.series(metric::START_DELAY, tags);
    recorder.add(mine, 12.5);
    recorder.observe(own, 5);
    recorder.set_metadata(Some(
        [("vu".into(), "1".into()), ("iter".into(), "0".into())].into(),
    ));
    recorder.count(iterations);
    recorder.count(iterations);
    drop(recorder.swap(Shelf::default()));
    drop(recorder);
    files.finish()
}

fn output(format: SampleFormat, path: &Path) -> SampleOutput {
    SampleOutput {
        format,
        target: SampleTarget::File(path.to_owned()),
        flush_every: Duration::ZERO,
    }
}

const CSV: SampleFormat = SampleFormat::Csv {
    time: TimeFormat::UnixMilli,
};

fn facts() -> SampleFacts {
    let basket = MetricFacts {
        thresholds: vec!["\"p(95)<500\"".to_owned()],
        submetrics: vec![Selector::parse("basket{mine:a}").unwrap()],
    };
    SampleFacts {
        metrics: BTreeMap::from([("basket".to_owned(), basket)]),
        system_tags: SystemTags::default().with(SystemTag::Vu),
    }
}

#[test]
fn json_has_a_line_for_each_metric_before_its_first_sample_and_one_for_each_sample() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, packed) = (
        folder.path().join("a.json"),
        folder.path().join("a.json.gz"),
    );
    let outputs = vec![
        output(SampleFormat::Json, &plain),
        output(SampleFormat::Json, &packed),
    ];
    let report = written(outputs, &facts());
    assert_eq!((report.written, report.lost, report.failed), (3, 0, 0));
    let text = std::fs::read_to_string(&plain).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        r#"{"type":"Metric","data":{"name":"basket","type":"trend","contains":"time","thresholds":["p(95)<500"],"submetrics":[{"name":"basket{mine:a}","suffix":"mine:a","tags":{"mine":"a"}}]},"metric":"basket"}"#
    );
    let point: Value = serde_json::from_str(lines[1]).unwrap();
    assert_eq!(point["metric"], "basket");
    assert_eq!(point["data"]["value"], 12.5);
    assert_eq!(point["data"]["tags"]["group"], "", "empty tags are kept");
    assert_eq!(point["data"]["metadata"], Value::Null);
    assert!(lines[1].contains(r#""time":"2025-11-24T"#) && lines[1].contains(".25"));
    assert_eq!(
        lines[2],
        r#"{"type":"Metric","data":{"name":"iterations","type":"counter","contains":"default","thresholds":[],"submetrics":null},"metric":"iterations"}"#
    );
    let point: Value = serde_json::from_str(lines[3]).unwrap();
    assert_eq!(point["data"]["metadata"]["vu"], "1");
    assert_eq!(lines.len(), 5, "loadd's own metrics are not k6's: {text}");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(&packed).unwrap())
        .read_to_string(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, text);
}

#[test]
fn csv_has_a_column_for_each_system_tag_and_two_for_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    written(vec![output(CSV, &path)], &facts());
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata",
            "basket,1764000000250,12.500000,,,,,,,,,default,,,,,,\"also=1&mine=a,b\",",
            "iterations,1764000000250,1.000000,,,,,,,,,default,,,,,,\"also=1&mine=a,b\",vu=1&iter=0",
            "iterations,1764000000250,1.000000,,,,,,,,,default,,,,,,\"also=1&mine=a,b\",vu=1&iter=0",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_made_is_an_error_and_a_full_disk_ends_one_output_only() {
    let registry = Registry::new(MetricsSettings::default());
    let (_sink, feed) = tap();
    let nowhere = output(SampleFormat::Json, Path::new("/nowhere/a.json"));
    let refused = SampleFiles::start(vec![nowhere], &facts(), registry, feed);
    assert!(refused.unwrap_err().to_string().contains("/nowhere/a.json"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let full = output(SampleFormat::Json, Path::new("/dev/full"));
    let report = written(vec![full, output(SampleFormat::Json, &path)], &facts());
    assert_eq!(report.failed, 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 5);
}
