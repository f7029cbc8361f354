//! What may be read: health, status, metrics, groups, scrape.

use std::sync::Arc;

use loadd_engine::{Phase, Status, StopReason};
use serde_json::{Value, json};

use crate::kit::{send, start, status};

#[test]
fn before_there_is_an_engine_it_is_alive_and_not_ready() {
    let served = start();
    assert_eq!(served.get("/healthz").0, 200);
    let (status, _, body) = served.get("/readyz");
    assert_eq!((status, body.contains("starting")), (503, true));
    assert_eq!(served.json("/v1/status")["data"]["attributes"]["status"], 0);
    assert_eq!(served.json("/v1/metrics"), json!({ "data": [] }));
    assert!(served.get("/metrics").2.ends_with("# EOF\n"));
    assert_eq!(
        send(
            served.at,
            "PATCH",
            "/v1/status",
            "",
            r#"{"data":{"attributes":{"paused":true}}}"#
        )
        .0,
        503
    );
    assert_eq!(served.get("/ping").2, "ok");
    served.admin.stop().expect("a clean end");
}

#[test]
fn it_is_ready_once_the_vus_are_made_and_the_run_is_at_work() {
    let mut served = start();
    for (phase, code, text) in [
        (Phase::Created, 503, "nothing has begun"),
        (Phase::InitVus, 503, "making VUs: 5 of 8"),
        (Phase::Waiting, 200, "waiting"),
        (Phase::Running, 200, "running"),
        (Phase::Teardown, 200, "teardown"),
        (Phase::Ended, 503, "the run has ended"),
    ] {
        served.begin(phase);
        let (status, _, body) = served.get("/readyz");
        assert_eq!(status, code, "{phase:?}");
        assert!(body.contains(text), "{phase:?}: {body}");
    }
}

#[test]
fn the_status_has_k6s_shape_in_every_phase() {
    let mut served = start();
    for (phase, paused, stop, number, running, stopped) in [
        (Phase::Created, true, None, 0, false, false),
        (Phase::InitVus, false, None, 1, false, false),
        (Phase::Waiting, true, None, 4, false, false),
        (Phase::Waiting, false, None, 3, false, false),
        (Phase::Setup, false, None, 6, true, false),
        (Phase::Running, false, None, 7, true, false),
        (Phase::Running, false, Some(StopReason::Rest), 7, true, true),
        (Phase::Teardown, false, None, 8, true, false),
        (Phase::Ended, false, None, 9, false, true),
        (Phase::Ended, false, Some(StopReason::Rest), 10, true, true),
        (
            Phase::Ended,
            false,
            Some(StopReason::Graceful),
            9,
            false,
            true,
        ),
    ] {
        served.begin(phase);
        served.statuses.send_replace(Arc::new(Status {
            paused,
            stop,
            ..status(phase)
        }));
        let expected = json!({ "data": { "type": "status", "id": "default", "attributes": {
            "status": number, "paused": paused, "vus": 3, "vus-max": 5, "stopped": stopped, "running": running, "tainted": false } } });
        assert_eq!(
            served.json("/v1/status"),
            expected,
            "{phase:?} {paused} {stop:?}"
        );
    }
}

#[test]
fn metrics_have_k6s_shape_and_add_up() {
    let mut served = start();
    served.begin(Phase::Running);
    let all = served.json("/v1/metrics");
    let of = |name: &str| {
        let found: Vec<_> = all["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|entry| entry["id"] == name)
            .collect();
        assert_eq!(found.len(), 1, "{name}");
        found[0].clone()
    };
    let attributes = |name| of(name)["attributes"].clone();
    assert_eq!(
        of("http_reqs"),
        json!({ "type": "metrics", "id": "http_reqs",
                "attributes": { "type": "counter", "contains": "default", "tainted": null, "sample": { "count": 40.0, "rate": 4.0 } } })
    );
    assert_eq!(attributes("http_reqs{scenario:browse}")["tainted"], false);
    assert_eq!(
        attributes("http_req_failed")["sample"],
        json!({ "rate": 0.1 })
    );
    assert_eq!(attributes("basket_size")["sample"]["count"], 7.0);
    let duration = attributes("http_req_duration");
    assert_eq!(
        (
            &duration["type"],
            &duration["contains"],
            &duration["tainted"]
        ),
        (&json!("trend"), &json!("time"), &json!(true))
    );
    for (name, value) in [
        ("avg", 119.5),
        ("min", 100.0),
        ("med", 119.5),
        ("max", 139.0),
        ("p(90)", 135.1),
        ("p(95)", 137.05),
    ] {
        let found = duration["sample"][name].as_f64().expect(name);
        assert!((found - value).abs() < value * 0.006, "{name}: {found}");
    }
    assert!(
        !all.to_string().contains("loadd_"),
        "k6's clients know only k6's metrics"
    );
    assert_eq!(
        served.json("/v1/metrics/http_reqs")["data"],
        of("http_reqs")
    );
    assert_eq!(
        served.json("/v1/metrics/http_reqs%7Bscenario:browse%7D")["data"]["attributes"]["sample"]["count"],
        40.0
    );
    for unknown in [
        "/v1/metrics/nothing",
        "/v1/metrics/http_reqs%7Ba:b%7D",
        "/v1/other",
        "/v1/groups/0",
    ] {
        assert_eq!(served.get(unknown).0, 404, "{unknown}");
    }
}

#[test]
fn groups_come_as_a_tree_with_their_checks() {
    let mut served = start();
    served.begin(Phase::Running);
    let groups = served.json("/v1/groups");
    let paths: Vec<_> = groups["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|group| group["attributes"]["path"].clone())
        .collect();
    assert_eq!(paths, ["", "::shop", "::shop::pay"]);
    let (root, shop, pay) = (&groups["data"][0], &groups["data"][1], &groups["data"][2]);
    assert_eq!(root["id"], "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(root["attributes"]["checks"], Value::Null);
    assert_eq!(
        root["relationships"],
        json!({ "groups": { "data": [{ "type": "groups", "id": shop["id"] }] }, "parent": { "data": null } })
    );
    assert_eq!(pay["attributes"]["name"], "pay");
    assert_eq!(pay["relationships"]["parent"]["data"]["id"], shop["id"]);
    let check = &pay["attributes"]["checks"][0];
    assert_eq!(
        (&check["path"], &check["passes"], &check["fails"]),
        (&json!("::shop::pay::paid"), &json!(5), &json!(5))
    );
    let id = shop["id"].as_str().expect("an id");
    assert_eq!(served.json(&format!("/v1/groups/{id}"))["data"], *shop);
}

#[test]
fn the_scrape_gives_self_metrics_and_the_tests_own_when_asked() {
    let mut served = start();
    served.begin(Phase::Running);
    let page = served.get("/metrics").2;
    assert!(page.contains("loadd_cpu_cores 2"), "{page}");
    assert!(!page.contains("k6_"), "{page}");
    let page = served.get("/metrics?test=1").2;
    for line in [
        "k6_http_reqs_total{odd_name=\"x\\\"y\",scenario=\"browse\"} 40",
        "k6_http_req_duration_seconds_count{odd_name=\"x\\\"y\",scenario=\"browse\"} 40",
        "le=\"+Inf\"",
        "k6_http_req_failed_rate{odd_name=\"x\\\"y\",scenario=\"browse\"} 0.1",
        "k6_http_req_failed_total{condition=\"nonzero\",odd_name=\"x\\\"y\",scenario=\"browse\"} 4",
        "k6_basket_size_total 7",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
    assert!(page.ends_with("# EOF\n"));
}
