//! The files that deploy the product: each is read by the program that it is for, or by a parser of its kind.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use loadd_tests::{Loadd, paths};

fn must(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

#[test]
fn prometheus_takes_its_config_and_rules() {
    let file = paths::project().join("deploy/prometheus/prometheus.yml");
    must(
        Command::new(paths::promtool_bin())
            .args(["check", "config"])
            .arg(file),
    );
}

/// A YAML file as JSON, by PyYAML.
fn yaml(file: &Path) -> serde_json::Value {
    let program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let output = must(
        Command::new("/usr/bin/python3")
            .args(["-c", program])
            .arg(file),
    );
    serde_json::from_slice(&output.stdout).expect("json.dumps prints JSON")
}

#[test]
fn the_compose_file_names_services_that_fit_together() {
    let project = paths::project();
    let compose = yaml(&project.join("docker-compose.yml"));
    let services = compose["services"].as_object().expect("services");
    for name in ["loadd", "target", "prometheus", "grafana"] {
        assert!(services.contains_key(name), "service {name}");
    }
    let volumes = compose["volumes"].as_object().expect("volumes");
    for (name, service) in services {
        for dependency in service["depends_on"].as_object().into_iter().flatten() {
            assert!(
                services.contains_key(dependency.0),
                "{name} depends on {}",
                dependency.0
            );
        }
        for mount in service["volumes"].as_array().into_iter().flatten() {
            let source = mount
                .as_str()
                .expect("short form")
                .split(':')
                .next()
                .expect("a source");
            let there = match source.strip_prefix("./") {
                Some(path) => project.join(path).exists(),
                None => volumes.contains_key(source),
            };
            assert!(there, "{name} mounts {source}, which is not there");
        }
        for port in service["ports"].as_array().into_iter().flatten() {
            assert!(
                port.as_str()
                    .is_some_and(|port| port.starts_with("127.0.0.1:")),
                "{name} is open to the world: {port}"
            );
        }
    }
    let flags = compose["services"]["prometheus"]["command"].to_string();
    assert!(
        flags.contains("native-histograms") && flags.contains("enable-remote-write-receiver"),
        "{flags}"
    );
    let config = yaml(&project.join("deploy/prometheus/prometheus.yml"));
    assert_eq!(config["storage"]["tsdb"]["out_of_order_time_window"], "30m");
}

#[test]
fn grafanas_provisioning_fits_the_dashboards() {
    let folder = paths::project().join("deploy/grafana/provisioning");
    let source = yaml(&folder.join("datasources/prometheus.yml"));
    assert_eq!(source["datasources"][0]["type"], "prometheus");
    let provider = yaml(&folder.join("dashboards/loadd.yml"));
    let path = provider["providers"][0]["options"]["path"]
        .as_str()
        .expect("a path");
    let compose =
        fs::read_to_string(paths::project().join("docker-compose.yml")).expect("the compose file");
    assert!(
        compose.contains(&format!("./dashboards:{path}")),
        "the dashboards are mounted where they are looked for"
    );
}

/// `check` needs no network and no spool folder, so the container's test is checked where it lies.
#[test]
fn the_stacks_test_and_all_examples_are_valid() {
    let project = paths::project();
    let mut files = vec![project.join("deploy/docker/test.toml")];
    for entry in fs::read_dir(project.join("config"))
        .expect("the examples")
        .flatten()
    {
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(entry.path());
        }
    }
    assert!(files.len() > 1, "no examples");
    for file in files {
        let name = file.to_string_lossy();
        Loadd::output(&project, &["check", "--config", &name]).expect(0, &[]);
    }
}

#[test]
fn the_systemd_unit_restarts_what_a_restart_can_mend() {
    let unit = fs::read_to_string(paths::project().join("deploy/systemd/loadd.service"))
        .expect("the unit");
    for line in [
        "Type=notify",
        "WatchdogSec=30s",
        "Restart=on-failure",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
    // The script engine interprets; nothing in the process writes code.
    assert!(unit.contains("MemoryDenyWriteExecute=yes"));
}
