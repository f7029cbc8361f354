//! `loadd run --out`: every sample in k6's JSON and CSV, the summary as JSON, and what becomes of outputs that cannot be.

use std::{collections::BTreeMap, io::Read, time::Duration};

use loadd_tests::{Finished, Loadd, Room, Target, http};
use serde_json::Value;

const SCRIPT: &str = "import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Trend } from 'k6/metrics';
const mine = new Counter('mine');
const took = new Trend('took', true);
export const options = { vus: 2, iterations: 6, tags: { team: 'a,b' }, thresholds: {
  http_req_duration: ['p(95)<5000', { threshold: 'p(99)<9000', abortOnFail: true, delayAbortEval: '1m' }],
  'http_reqs{kind:x}': ['count>0'], checks: ['rate==1'] } };
export default function () {
  group('inner', () => {
    const r = http.get(`${__ENV.TARGET}/plain`, { tags: { kind: 'x' } });
    check(r, { ok: (r) => r.status === 200 });
  });
  mine.add(2.5, { of: 'me' });
  took.add(12.25);
}
";

fn run(room: &Room, target: &Target, flags: &[&str]) -> Finished {
    room.write("script.js", SCRIPT);
    let env = format!("TARGET=http://{}", target.address());
    let arguments: Vec<&str> = ["run"]
        .iter()
        .chain(flags)
        .copied()
        .chain(["-e", &env, "script.js"])
        .collect();
    Loadd::output(room.path(), &arguments)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn points<'l>(lines: &'l [Value], metric: &str) -> Vec<&'l Value> {
    let of = |line: &&Value| line["type"] == "Point" && line["metric"] == metric;
    lines.iter().filter(of).map(|line| &line["data"]).collect()
}

#[test]
fn json_holds_every_sample_with_its_tags() {
    let (target, room) = (Target::start(), Room::new());
    run(&room, &target, &["--out", "json=r.json"]).expect(0, &["json (r.json)"]);
    let text = std::fs::read_to_string(room.join("r.json")).expect("the file is there");
    let lines = lines(&text);
    for (metric, count) in [
        ("http_reqs", 6),
        ("http_req_duration", 6),
        ("http_req_blocked", 6),
        ("http_req_failed", 6),
        ("checks", 6),
        ("group_duration", 6),
        ("mine", 6),
        ("took", 6),
        ("iterations", 6),
        ("iteration_duration", 6),
        ("data_sent", 6),
    ] {
        assert_eq!(points(&lines, metric).len(), count, "{metric}");
    }
    let request = points(&lines, "http_reqs")[0];
    let tags: BTreeMap<&str, &str> = request["tags"]
        .as_object()
        .expect("tags are an object")
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    for (name, value) in [
        ("expected_response", "true"),
        ("group", "::inner"),
        ("kind", "x"),
        ("method", "GET"),
        ("proto", "HTTP/1.1"),
        ("scenario", "default"),
        ("status", "200"),
        ("team", "a,b"),
    ] {
        assert_eq!(tags.get(name), Some(&value), "{name} of {tags:?}");
    }
    assert!(tags["url"].ends_with("/plain") && tags["url"] == tags["name"]);
    let mine = points(&lines, "mine")[0];
    assert_eq!(mine["value"], 2.5);
    assert_eq!(mine["tags"]["of"], "me");
    assert_eq!(mine["tags"]["group"], "");
    assert_eq!(points(&lines, "took")[0]["value"], 12.25);
    let metric = lines
        .iter()
        .find(|line| line["type"] == "Metric" && line["metric"] == "http_req_duration")
        .expect("a metric is introduced");
    assert_eq!(metric["data"]["thresholds"][0], "p(95)<5000");
    assert_eq!(metric["data"]["thresholds"][1]["delayAbortEval"], "1m0s");
    assert_eq!(
        metric["data"]["submetrics"][0]["name"],
        "http_req_duration{expected_response:true}"
    );
    assert!(lines.iter().all(|line| {
        !line["metric"]
            .as_str()
            .unwrap_or_default()
            .starts_with("loadd_")
    }));
    let seen = |metric: &str, kind: &str| {
        lines
            .iter()
            .position(|line| line["type"] == kind && line["metric"] == metric)
    };
    assert!(seen("mine", "Metric") < seen("mine", "Point"));
}

#[test]
fn gzip_and_standard_output_take_samples_too_and_outputs_may_be_several() {
    let (target, room) = (Target::start(), Room::new());
    let flags = [
        "--quiet",
        "--summary-mode=disabled",
        "-o",
        "json",
        "-o",
        "json=r.json.gz",
    ];
    let finished = run(&room, &target, &flags);
    finished.expect(0, &[]);
    let on_stdout = lines(&finished.stdout);
    assert_eq!(points(&on_stdout, "http_reqs").len(), 6);
    let file = std::fs::File::open(room.join("r.json.gz")).expect("the file is there");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("it is gzip to its end");
    assert_eq!(points(&lines(&text), "http_reqs").len(), 6);
}

#[test]
fn csv_has_a_column_for_each_system_tag() {
    let (target, room) = (Target::start(), Room::new());
    run(
        &room,
        &target,
        &["-o", "csv=fileName=r.csv,timeFormat=unix_milli"],
    )
    .expect(0, &[]);
    let text = std::fs::read_to_string(room.join("r.csv")).expect("the file is there");
    let head = text.lines().next().unwrap_or_default();
    assert!(
        head.starts_with("metric_name,timestamp,metric_value,check,error,"),
        "{head}"
    );
    assert!(
        head.ends_with("tls_version,url,extra_tags,metadata"),
        "{head}"
    );
    let of = |name: &str| text.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!(of("http_reqs,"), 6);
    let mine = text
        .lines()
        .find(|line| line.starts_with("mine,"))
        .expect("mine is there");
    assert!(
        mine.contains(",2.500000,") && mine.contains("\"of=me&team=a,b\""),
        "{mine}"
    );
}

#[test]
fn a_file_that_cannot_be_made_or_an_unknown_output_ends_with_255() {
    let (target, room) = (Target::start(), Room::new());
    run(&room, &target, &["-o", "json=nowhere/r.json"]).expect(255, &["nowhere/r.json"]);
    run(&room, &target, &["-o", "nonsense"]).expect(255, &["nonsense", "json", "csv"]);
    run(&room, &target, &["-o", "kafka=x"]).expect(255, &["kafka"]);
    assert_eq!(
        target.stats().path("/plain"),
        0,
        "no load without its outputs"
    );
}

#[test]
fn the_summary_is_exported_in_both_forms() {
    let (target, room) = (Target::start(), Room::new());
    let json = |name: &str| -> Value {
        let text = std::fs::read_to_string(room.join(name)).expect("the file is there");
        serde_json::from_str(&text).expect("it is JSON")
    };
    run(&room, &target, &["--summary-export", "s.json"]).expect(0, &[]);
    let old = json("s.json");
    assert_eq!(old["metrics"]["http_reqs"]["count"], 6.0);
    assert_eq!(
        old["metrics"]["http_req_duration"]["thresholds"]["p(95)<5000"],
        false
    );
    assert_eq!(
        old["root_group"]["groups"]["inner"]["checks"]["ok"]["passes"],
        6
    );
    run(
        &room,
        &target,
        &["--summary-export=n.json", "--new-machine-readable-summary"],
    )
    .expect(0, &[]);
    let new = json("n.json");
    assert_eq!(new["version"], "1.0.0");
    assert_eq!(new["results"]["checks"]["results"][0]["passes"], 6);
}

#[test]
fn the_dashboard_is_served_for_looking_only() {
    let (target, room) = (Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let env = format!("TARGET=http://{}", target.address());
    let flags = [
        "run",
        "-u1",
        "-d50s",
        "-o",
        "web-dashboard=host=127.0.0.1&port=0",
        "-e",
        &env,
        "script.js",
    ];
    let mut loadd = Loadd::command(room.path(), &flags);
    let page = loadd
        .process
        .line("the page", Duration::from_secs(30), |line| {
            let at = line.strip_prefix(" web dashboard: http://")?;
            Some(at.to_owned())
        });
    let answer = http::get(&page, "/").expect("it answers");
    assert_eq!(answer.status, 200);
    loadd.terminate();
    loadd.finish(Duration::from_secs(30)).expect(105, &[]);
}
