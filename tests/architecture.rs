//! The floors of the house: which of our crates may know which. Reads `cargo metadata`, so that no edge can be forgotten.

use std::{collections::BTreeMap, process::Command};

use loadd_tests::paths;
use serde_json::Value;

/// Crate -> crates of ours that it may import. What is not here is forbidden; `loadd` may import every room.
const EDGES: [(&str, &[&str]); 9] = [
    ("loadd-client", &[]),
    ("loadd-timeline", &[]),
    ("loadd-metrics", &[]),
    ("loadd-target", &[]),
    (
        "loadd-script",
        &["loadd-client", "loadd-metrics", "loadd-timeline"],
    ),
    (
        "loadd-engine",
        &[
            "loadd-script",
            "loadd-client",
            "loadd-metrics",
            "loadd-timeline",
        ],
    ),
    ("loadd-outputs", &["loadd-metrics", "loadd-timeline"]),
    (
        "loadd-query",
        &["loadd-outputs", "loadd-metrics", "loadd-timeline"],
    ),
    ("loadd-admin", &["loadd-engine", "loadd-metrics"]),
];

/// (crate, crates of others that it must not import, why)
const FORBIDDEN: [(&str, &[&str], &str); 4] = [
    (
        "loadd-timeline",
        &["tokio", "hyper"],
        "time is an argument there, not a runtime",
    ),
    (
        "loadd-metrics",
        &["tokio", "hyper"],
        "numbers need no runtime",
    ),
    (
        "loadd-client",
        &["rquickjs"],
        "only script knows the script engine",
    ),
    (
        "loadd-engine",
        &["rquickjs", "corosensei"],
        "only script knows the script engine",
    ),
];

struct Package {
    name: String,
    /// (name, kind: nothing for an ordinary one, `dev`, `build`)
    dependencies: Vec<(String, Option<String>)>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(paths::project())
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| Package {
            name: text(&package["name"]).expect("a name"),
            dependencies: package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .map(|dependency| {
                    (
                        text(&dependency["name"]).expect("a name"),
                        text(&dependency["kind"]),
                    )
                })
                .collect(),
        })
        .collect()
}

#[test]
fn no_room_imports_from_its_own_floor_or_from_above() {
    let edges: BTreeMap<_, _> = EDGES.into_iter().collect();
    let mut wrong = Vec::new();
    for package in packages() {
        // The front house sees every room; the tests are outside of it and see none (next test).
        if matches!(package.name.as_str(), "loadd" | "loadd-tests") {
            continue;
        }
        let Some(allowed) = edges.get(package.name.as_str()) else {
            wrong.push(format!(
                "{}: a crate that the plan of the house does not have",
                package.name
            ));
            continue;
        };
        for (dependency, _) in &package.dependencies {
            let ours = dependency == "loadd" || dependency.starts_with("loadd-");
            if ours && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{} -> {dependency}", package.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "edges that style and ARCHITECTURE.md do not allow:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_tests_know_the_product_from_outside_alone() {
    let packages = packages();
    let tests = packages
        .iter()
        .find(|package| package.name == "loadd-tests")
        .expect("this package");
    let ours: Vec<_> = tests
        .dependencies
        .iter()
        .filter(|(name, _)| name.starts_with("loadd"))
        .collect();
    assert!(
        ours.is_empty(),
        "the judge shares no code with what it judges: {ours:?}"
    );
}

#[test]
fn the_lower_floors_know_no_runtime_and_the_script_engine_stays_in_its_room() {
    let mut wrong = Vec::new();
    for package in packages() {
        for (name, forbidden, why) in FORBIDDEN {
            if package.name != name {
                continue;
            }
            for (dependency, kind) in &package.dependencies {
                if kind.is_none() && forbidden.contains(&dependency.as_str()) {
                    wrong.push(format!("{name} -> {dependency}: {why}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
