use super::*;
use crate::{ScenarioSettings, resolve};

fn plan(json: &str) -> Plan {
    let settings: BTreeMap<String, ScenarioSettings> = serde_json::from_str(json).unwrap();
    resolve(&settings).unwrap()
}

#[test]
fn scenarios_that_do_not_overlap_share_their_vus() {
    let plan = plan(
        r#"{
        "a": {"executor": "constant-vus", "vus": 10, "duration": "10s", "gracefulStop": 0},
        "b": {"executor": "constant-vus", "vus": 5, "duration": "10s", "startTime": "10s"},
        "c": {"executor": "constant-vus", "vus": 7, "duration": "10s", "startTime": "19s"},
        "d": {"executor": "constant-arrival-rate", "rate": 1, "duration": "1s", "preAllocatedVUs": 2, "maxVUs": 9, "startTime": "60s"}
    }"#,
    );
    assert_eq!(
        (
            plan.planned_vus(&Share::whole()),
            plan.max_vus(&Share::whole())
        ),
        (12, 12)
    );
    assert_eq!(
        plan.total_duration(&Share::whole()),
        Some(Offset::from_secs(91))
    );
    assert_eq!(plan.planned_vus(&Share::worker(0, 2).unwrap()), 3 + 4);
}

#[test]
fn a_ramp_lasts_until_its_last_step_and_its_graceful_stop() {
    let plan = plan(
        r#"{"r": {"executor": "ramping-vus", "startVUs": 0, "stages": [
            {"duration": "2s", "target": 4}, {"duration": "2s", "target": 0}, {"duration": "3s", "target": 0}]}}"#,
    );
    assert_eq!(
        plan.total_duration(&Share::whole()),
        Some(Offset::from_secs(34))
    );
    assert_eq!(plan.planned_vus(&Share::whole()), 4);
}

#[test]
fn a_worker_without_work_leaves_the_scenario_out() {
    let plan = plan(
        r#"{"s": {"executor": "shared-iterations", "vus": 2, "iterations": 10, "maxDuration": "1m"},
            "f": {"executor": "constant-arrival-rate", "rate": 5, "duration": "forever", "preAllocatedVUs": 2}}"#,
    );
    let idle = Share::worker(2, 3).unwrap();
    assert!(
        plan.scenarios
            .iter()
            .all(|scenario| scenario.is_idle(&idle))
    );
    assert_eq!(
        (plan.planned_vus(&idle), plan.total_duration(&idle)),
        (0, Some(Offset::ZERO))
    );
    assert_eq!(plan.total_duration(&Share::whole()), None);
}

#[test]
fn iterations_are_shared_as_k6_shares_them() {
    let plan = plan(
        r#"{"s": {"executor": "shared-iterations", "vus": 4, "iterations": 10},
            "v": {"executor": "per-vu-iterations", "vus": 4, "iterations": 10}}"#,
    );
    let of = |index, scenario: usize| {
        let quota = plan.scenarios[scenario]
            .quota(&Share::worker(index, 3).unwrap())
            .unwrap();
        (quota.vus(), quota.iterations())
    };
    assert_eq!([of(0, 0), of(1, 0), of(2, 0)], [(2, 5), (1, 3), (1, 2)]);
    assert_eq!([of(0, 1), of(1, 1), of(2, 1)], [(2, 20), (1, 10), (1, 10)]);
}

#[test]
fn the_header_reads_as_in_k6() {
    let plan = plan(
        r#"{
        "buy": {"executor": "constant-arrival-rate", "rate": 30, "duration": "1m", "preAllocatedVUs": 12, "maxVUs": 51, "exec": "buy"},
        "look": {"executor": "ramping-vus", "startTime": "5s", "startVUs": 3, "stages": [
            {"duration": "20s", "target": 60}, {"duration": "20s", "target": 60}, {"duration": "20s", "target": 0}]},
        "one": {"executor": "per-vu-iterations", "vus": 3, "iterations": 2, "gracefulStop": 0},
        "two": {"executor": "shared-iterations", "vus": 3, "iterations": 9},
        "vus": {"executor": "constant-vus", "vus": 3, "duration": "10s"},
        "wave": {"executor": "ramping-arrival-rate", "preAllocatedVUs": 3, "stages": [{"duration": "1m30s", "target": 90}]}
    }"#,
    );
    let (head, lines) = plan.describe(&Share::worker(0, 3).unwrap());
    assert_eq!(
        head,
        "(33.33%) 6 scenarios, 41 max VUs, 10m30s max duration (incl. graceful stop):"
    );
    assert_eq!(
        lines,
        [
            "buy: 10.00 iterations/s for 1m0s (maxVUs: 4-17, exec: buy, gracefulStop: 30s)",
            "one: 2 iterations for each of 1 VUs (maxDuration: 10m0s)",
            "two: 3 iterations shared among 1 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
            "vus: 1 looping VUs for 10s (gracefulStop: 30s)",
            "wave: Up to 30.00 iterations/s for 1m30s over 1 stages (maxVUs: 1, gracefulStop: 30s)",
            "look: Up to 20 looping VUs for 1m0s over 3 stages (gracefulRampDown: 30s, startTime: 5s, gracefulStop: 30s)",
        ]
    );
}

#[test]
fn fingerprints_tell_plans_apart_and_stay_the_same_for_ever() {
    let json =
        r#"{"a": {"executor": "constant-vus", "vus": 1, "duration": "10s", "env": {"A": "b"}}}"#;
    assert_eq!(plan(json).fingerprint(), plan(json).fingerprint());
    for other in [
        "\"vus\": 2",
        "\"vus\": 1, \"startTime\": 1",
        "\"vus\": 1, \"tags\": {\"A\": \"b\"}",
        "\"vus\": 1, \"exec\": \"x\"",
    ] {
        assert_ne!(
            plan(&json.replace("\"vus\": 1", other)).fingerprint(),
            plan(json).fingerprint(),
            "{other}"
        );
    }
    // A constant: a new version must not take a running test for another one.
    assert_eq!(plan(json).fingerprint(), 1_224_943_283_157_092_980);
}
