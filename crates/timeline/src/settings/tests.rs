use super::*;
use crate::{Executor, Length, Offset, OnExhausted, Plan};

fn read(json: &str) -> Result<Plan, Vec<PlanError>> {
    resolve(&serde_json::from_str(json).unwrap())
}

fn one(fields: &str) -> Result<Plan, Vec<PlanError>> {
    read(&format!("{{\"s\": {{{fields}}}}}"))
}

#[test]
fn every_rule_of_every_executor_names_its_field() {
    let cases = [
        (r#""executor": "constant-vus""#, "duration"),
        (
            r#""executor": "constant-vus", "duration": "999ms""#,
            "duration",
        ),
        (
            r#""executor": "constant-vus", "duration": "1s", "vus": 0"#,
            "vus",
        ),
        (
            r#""executor": "constant-vus", "duration": "1s", "rate": 1"#,
            "rate",
        ),
        (
            r#""executor": "constant-vus", "duration": "1s", "speed": 1"#,
            "speed",
        ),
        (
            r#""executor": "constant-vus", "duration": "1s", "options": {"browser": {}}"#,
            "options",
        ),
        (
            r#""executor": "constant-vus", "duration": "1s", "startTime": -1"#,
            "startTime",
        ),
        (
            r#""executor": "constant-vus", "duration": "1s", "gracefulStop": "-1s""#,
            "gracefulStop",
        ),
        (
            r#""executor": "constant-vus", "duration": "1s", "exec": """#,
            "exec",
        ),
        (r#""executor": "ramping-vus""#, "stages"),
        (r#""executor": "ramping-vus", "stages": []"#, "stages"),
        (
            r#""executor": "ramping-vus", "stages": [{"target": 1}]"#,
            "stages[0].duration",
        ),
        (
            r#""executor": "ramping-vus", "stages": [{"duration": 1}]"#,
            "stages[0].target",
        ),
        (
            r#""executor": "ramping-vus", "stages": [{"duration": -1, "target": 1}]"#,
            "stages[0].duration",
        ),
        (
            r#""executor": "ramping-vus", "stages": [{"duration": 1, "target": 1, "x": 1}]"#,
            "stages[0].x",
        ),
        (
            r#""executor": "ramping-vus", "stages": [{"duration": 1, "target": 100000001}]"#,
            "stages[0].target",
        ),
        (
            r#""executor": "ramping-vus", "startVUs": 0, "stages": [{"duration": 1, "target": 0}]"#,
            "startVUs",
        ),
        (
            r#""executor": "ramping-vus", "startVUs": -1, "stages": [{"duration": 1, "target": 1}]"#,
            "startVUs",
        ),
        (
            r#""executor": "per-vu-iterations", "iterations": 0"#,
            "iterations",
        ),
        (
            r#""executor": "per-vu-iterations", "maxDuration": "0.5s""#,
            "maxDuration",
        ),
        (
            r#""executor": "shared-iterations", "vus": 3, "iterations": 2"#,
            "iterations",
        ),
        (
            r#""executor": "constant-arrival-rate", "duration": "1s", "preAllocatedVUs": 1"#,
            "rate",
        ),
        (
            r#""executor": "constant-arrival-rate", "duration": "1s", "rate": 1"#,
            "preAllocatedVUs",
        ),
        (
            r#""executor": "constant-arrival-rate", "duration": "1s", "rate": 0, "preAllocatedVUs": 1"#,
            "rate",
        ),
        (
            r#""executor": "constant-arrival-rate", "duration": "1s", "rate": 1, "preAllocatedVUs": 2, "maxVUs": 1"#,
            "maxVUs",
        ),
        (
            r#""executor": "constant-arrival-rate", "duration": "1s", "rate": 1, "preAllocatedVUs": 2, "timeUnit": 0"#,
            "timeUnit",
        ),
        (
            r#""executor": "constant-arrival-rate", "duration": "1s", "rate": 1, "preAllocatedVUs": 2, "onExhausted": "no""#,
            "onExhausted",
        ),
        (
            r#""executor": "ramping-arrival-rate", "startRate": -1, "stages": [{"duration": 1, "target": 1}], "preAllocatedVUs": 1"#,
            "startRate",
        ),
        (r#""executor": "externally-controlled""#, "executor"),
        (r#""executor": "fast""#, "executor"),
        (r#""vus": 1"#, "executor"),
    ];
    for (fields, field) in cases {
        let errors = one(fields).expect_err(fields);
        let named: Vec<_> = errors
            .iter()
            .map(|error| (error.scenario.as_str(), error.field.as_str()))
            .collect();
        assert_eq!(named, [("s", field)], "{fields}: {errors:?}");
    }
}

#[test]
fn all_errors_of_all_scenarios_come_at_once() {
    let errors = read(
        r#"{"a b": {"executor": "constant-vus", "vus": 0, "rate": 3},
            "c": {"executor": "constant-arrival-rate", "timeUnit": -1}}"#,
    )
    .unwrap_err();
    let fields: Vec<_> = errors
        .iter()
        .map(|error| format!("{}.{}", error.scenario, error.field))
        .collect();
    let expected = [
        "a b.name",
        "a b.rate",
        "a b.vus",
        "a b.duration",
        "c.rate",
        "c.timeUnit",
        "c.duration",
        "c.preAllocatedVUs",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn defaults_are_k6s_and_scenarios_are_in_order() {
    let plan = read(
        r#"{"late": {"executor": "constant-vus", "duration": "forever", "startTime": "5s"},
            "b": {"executor": "constant-arrival-rate", "rate": "7", "duration": 1000, "pre_allocated_vus": 2, "on_exhausted": "queue"},
            "a": {"executor": "per-vu-iterations"}}"#,
    )
    .unwrap();
    let names: Vec<_> = plan
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "late"]);
    assert_eq!(
        plan.scenarios[0].executor,
        Executor::PerVuIterations {
            vus: 1,
            iterations: 1,
            max_duration: Offset::from_secs(600)
        }
    );
    assert_eq!(
        plan.scenarios[1].executor,
        Executor::ConstantArrivalRate {
            rate: 7,
            time_unit: Offset::from_secs(1),
            duration: Length::For(Offset::from_secs(1)),
            pre_allocated_vus: 2,
            max_vus: 2,
            on_exhausted: OnExhausted::Queue,
        }
    );
    assert_eq!(
        plan.scenarios[2].executor,
        Executor::ConstantVus {
            vus: 1,
            duration: Length::Forever
        }
    );
    assert_eq!(
        (
            plan.scenarios[2].exec.as_str(),
            plan.scenarios[2].graceful_stop
        ),
        ("default", Offset::from_secs(30))
    );
}

#[test]
fn values_of_the_wrong_kind_are_refused_when_read() {
    let refused = [
        r#"{"vus": 1.5}"#,
        r#"{"vus": "x"}"#,
        r#"{"tags": {"a": 1}}"#,
        r#"{"env": {"a": 1}}"#,
        r#"{"duration": true}"#,
    ];
    for json in refused {
        assert!(
            serde_json::from_str::<ScenarioSettings>(json).is_err(),
            "{json}"
        );
    }
    assert!(serde_json::from_str::<ScenarioSettings>(r#"{"maxVUs": 1, "max_vus": 1}"#).is_err());
}

#[test]
fn the_schema_knows_both_spellings_and_nothing_else() {
    let schema = schemars::schema_for!(ScenarioSettings);
    let properties = schema
        .get("properties")
        .and_then(|properties| properties.as_object())
        .unwrap();
    for executor in [
        "ramping-vus",
        "shared-iterations",
        "constant-arrival-rate",
        "ramping-arrival-rate",
    ] {
        for field in ScenarioSettings::fields_of(executor) {
            assert!(
                properties.contains_key(field) && properties.contains_key(&snake_case(field)),
                "{field}"
            );
        }
    }
    assert!(properties.contains_key("pre_allocated_vus") && !properties.contains_key("unknown"));
    assert_eq!(schema.get("additionalProperties"), Some(&false.into()));
}

fn derive(shortcuts: &str, scenarios: Option<&str>) -> Result<Derived, Vec<PlanError>> {
    let scenarios = scenarios.map(|json| serde_json::from_str(json).unwrap());
    serde_json::from_str::<Shortcuts>(shortcuts)
        .unwrap()
        .derive(scenarios.as_ref())
}

#[test]
fn shortcuts_become_the_scenario_that_k6_makes_of_them() {
    let browse = Some(r#"{"browse": {"executor": "constant-vus", "duration": "1s"}}"#);
    let cases = [
        (
            r#"{"iterations": 5, "vus": 2, "duration": "5s"}"#,
            None,
            "shared-iterations",
            0,
        ),
        (r#"{"duration": "5s"}"#, None, "constant-vus", 0),
        (
            r#"{"duration": "forever", "stages": []}"#,
            None,
            "constant-vus",
            0,
        ),
        (
            r#"{"stages": [{"duration": "5s", "target": 3}, {"target": 9}], "vus": 2}"#,
            None,
            "ramping-vus",
            0,
        ),
        (r#"{"vus": 3}"#, None, "shared-iterations", 0),
        (r#"{"vus": 3}"#, browse, "shared-iterations", 1),
        (r#"{"vus": 3, "stages": []}"#, None, "per-vu-iterations", 1),
        ("{}", None, "per-vu-iterations", 0),
        ("{}", Some("{}"), "per-vu-iterations", 1),
        ("{}", browse, "constant-vus", 0),
    ];
    for (shortcuts, scenarios, executor, warnings) in cases {
        let derived = derive(shortcuts, scenarios).unwrap();
        assert_eq!(derived.warnings.len(), warnings, "{shortcuts}");
        let plan = resolve(&derived.scenarios).unwrap();
        assert_eq!(plan.scenarios.len(), 1);
        assert_eq!(
            plan.scenarios[0].executor.type_name(),
            executor,
            "{shortcuts}"
        );
    }
}

#[test]
fn shortcuts_that_contradict_each_other_are_refused() {
    let cases = [
        (
            r#"{"iterations": 5, "stages": [{"duration": 1, "target": 1}]}"#,
            None,
        ),
        (r#"{"iterations": 5}"#, Some("{}")),
        (r#"{"iterations": 5, "duration": "forever"}"#, None),
        (
            r#"{"duration": "1s", "stages": [{"duration": 1, "target": 1}]}"#,
            None,
        ),
        (r#"{"duration": "1s"}"#, Some("{}")),
        (r#"{"duration": 0}"#, None),
        (r#"{"stages": [{"duration": 1, "target": 1}]}"#, Some("{}")),
    ];
    for (shortcuts, scenarios) in cases {
        assert!(derive(shortcuts, scenarios).is_err(), "{shortcuts}");
    }
    for shortcuts in [
        r#"{"vus": 3, "iterations": 2}"#,
        r#"{"vus": 0, "iterations": 2}"#,
        r#"{"vus": 0, "duration": "2s"}"#,
    ] {
        assert!(
            resolve(&derive(shortcuts, None).unwrap().scenarios).is_err(),
            "{shortcuts}"
        );
    }
}
