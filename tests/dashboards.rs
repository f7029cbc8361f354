//! The dashboards: their form, and that every panel's query returns data from a Prometheus that a real run has filled.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

use loadd_tests::{Loadd, Prometheus, Room, Target, epoch, paths, wait_for};
use serde_json::Value;

fn dashboards() -> Vec<(String, Value)> {
    let folder = paths::project().join("dashboards");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of dashboards")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no dashboards");
    files
        .into_iter()
        .map(|path| {
            let name = path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            let text = fs::read_to_string(&path).expect("a readable file");
            let json =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, json)
        })
        .collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Panels, those within rows too.
fn panels(dashboard: &Value) -> Vec<&Value> {
    list(dashboard, "panels")
        .iter()
        .flat_map(|panel| std::iter::once(panel).chain(list(panel, "panels")))
        .collect()
}

#[test]
fn a_dashboard_can_be_provisioned_anywhere() {
    for (name, dashboard) in dashboards() {
        assert!(
            dashboard["uid"]
                .as_str()
                .is_some_and(|uid| !uid.is_empty() && uid.len() <= 40),
            "{name}: uid"
        );
        assert!(
            dashboard["id"].is_null(),
            "{name}: an id belongs to one Grafana's database"
        );
        assert_eq!(
            dashboard["schemaVersion"], 39,
            "{name}: newer ones are not read by Grafana 11"
        );
        assert!(dashboard["title"].is_string(), "{name}: title");
        for foreign in ["__inputs", "__requires", "spec"] {
            assert!(dashboard[foreign].is_null(), "{name}: {foreign}");
        }
        let variables: Vec<_> = list(&dashboard["templating"], "list")
            .iter()
            .map(|v| v["name"].clone())
            .collect();
        for variable in ["datasource", "testid", "instance"] {
            assert!(
                variables.iter().any(|name| name == variable),
                "{name}: variable {variable}"
            );
        }
    }
}

#[test]
fn panels_have_their_own_ids_places_and_sources() {
    for (name, dashboard) in dashboards() {
        let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
        for panel in panels(&dashboard) {
            let title = panel["title"].as_str().unwrap_or("a panel");
            let what = format!("{name}, {title}");
            assert!(
                ids.insert(panel["id"].as_u64().expect(&what)),
                "{what}: its id is taken"
            );
            let place = |key: &str| {
                panel["gridPos"][key]
                    .as_u64()
                    .unwrap_or_else(|| panic!("{what}: gridPos.{key}"))
            };
            let (x, y, w, h) = (place("x"), place("y"), place("w"), place("h"));
            assert!(w > 0 && h > 0 && x + w <= 24, "{what}: wider than the page");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(
                    places.insert(cell),
                    "{what}: lies over another one at {cell:?}"
                );
            }
            if panel["type"] == "row" || panel["type"] == "text" {
                continue;
            }
            assert!(
                panel["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{what}: says what it shows"
            );
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{what}");
            let mut references = BTreeSet::new();
            assert!(!list(panel, "targets").is_empty(), "{what}: no query");
            for target in list(panel, "targets") {
                assert!(
                    references.insert(target["refId"].as_str().expect(&what)),
                    "{what}: refId"
                );
                assert!(
                    target["interval"].is_string(),
                    "{what}: without an interval Grafana assumes 15 s"
                );
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{what}");
                let expression = target["expr"].as_str().expect(&what);
                assert!(
                    !expression.contains("$__interval"),
                    "{what}: $__interval alone under-samples"
                );
            }
        }
    }
}

const SCRIPT: &str = r"
import http from 'k6/http';
import { check } from 'k6';
export function browse() {
  const page = http.get(`${__ENV.TARGET}/plain?dist=uniform&min=5&max=60&error_rate=0.1`, { tags: { name: 'page' } });
  check(page, { 'is 200': (r) => r.status === 200 });
}
";

/// Two workers, of which one has too few VUs, so that there is something dropped.
fn config(worker: usize, vus: usize, target: &Target, prometheus: &Prometheus) -> String {
    format!(
        r#"
test_id = "shown"
instance = "worker-{worker}"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[workers]
index = {worker}
count = 2
[scenarios.browse]
executor = "constant-arrival-rate"
exec = "browse"
rate = 200
duration = "forever"
pre_allocated_vus = {vus}
max_vus = {vus}
[remote_write]
url = "{write}"
interval = "1s"
[admin]
listen = "127.0.0.1:{admin}"
"#,
        target = target.address(),
        write = prometheus.write_url(),
        admin = paths::free_port(),
    )
}

/// What Grafana puts in place of its variables.
fn filled(expression: &str) -> String {
    [
        ("$__rate_interval", "10s"),
        ("${__rate_interval}", "10s"),
        ("$__range", "1m"),
        ("${testid}", "shown"),
        ("$testid", "shown"),
        ("${instance}", ".*"),
        ("$instance", ".*"),
    ]
    .iter()
    .fold(expression.to_owned(), |text, (variable, value)| {
        text.replace(variable, value)
    })
}

#[test]
fn every_panel_shows_data_of_a_real_run() {
    let (prometheus, target, room) = (Prometheus::start(), Target::start(), Room::new());
    room.write("script.js", SCRIPT);
    let mut workers: Vec<Loadd> = [(0, 40), (1, 1)]
        .into_iter()
        .map(|(worker, vus)| {
            let text = config(worker, vus, &target, &prometheus);
            Loadd::daemon(&room.write(&format!("worker-{worker}.toml"), &text))
        })
        .collect();
    wait_for(
        "ten seconds of both workers in Prometheus",
        Duration::from_secs(60),
        || {
            prometheus
                .number("min(count_over_time(k6_vus{testid=\"shown\"}[1m]))")
                .filter(|count| *count >= 12.0)
        },
    );
    let mut problems = Vec::new();
    for (name, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            for query in list(panel, "targets") {
                let (title, reference) = (&panel["title"], &query["refId"]);
                let expression = filled(query["expr"].as_str().expect("an expression"));
                assert!(
                    !expression.contains('$'),
                    "{name}, {title}: a variable that this test does not know: {expression}"
                );
                let now = epoch();
                let answer = if query["instant"] == true {
                    prometheus.query(&expression)
                } else {
                    prometheus.range(&expression, now - 10.0, now, 1.0)
                };
                match answer {
                    Err(error) => problems.push(format!(
                        "{name}, {title}, {reference}: {error}\n  {expression}"
                    )),
                    Ok(series) if series.is_empty() => {
                        problems.push(format!(
                            "{name}, {title}, {reference}: no data\n  {expression}"
                        ));
                    }
                    Ok(_) => {}
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{}\nthere is:\n{}",
        problems.join("\n"),
        prometheus.inventory()
    );
    for worker in &mut workers {
        worker.terminate();
    }
    for worker in &mut workers {
        worker.finish(Duration::from_secs(60)).expect(0, &[]);
    }
}
