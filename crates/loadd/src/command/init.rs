//! `loadd init`: a commented test.toml for a script, with its scenarios and thresholds as they are.

use std::{fmt::Write, path::PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use super::{new, refused};
use crate::{
    config::{self, RunRequest, Surroundings},
    terminal::{complaint, exit::Exit, screen},
};

/// Flags of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The script; where none is named, a first one is written
    #[arg(value_name = "SCRIPT")]
    script: Option<PathBuf>,
    /// Where to write the config
    #[arg(
        short = 'O',
        long = "output",
        value_name = "FILE",
        default_value = "test.toml"
    )]
    config: PathBuf,
    /// Also over files that are there
    #[arg(short, long)]
    force: bool,
}

/// Writes config, and script where none is named.
pub(super) fn run(args: &InitArgs) -> Exit {
    let script = match &args.script {
        Some(script) => script.clone(),
        None => {
            let script = PathBuf::from("script.js");
            if let Err(message) = new::write(&script, new::MINIMAL, args.force) {
                complaint::line(&message);
                return Exit::Other;
            }
            screen::print(&format!("wrote {}\n", script.display()));
            script
        }
    };
    let request = RunRequest {
        script: script.display().to_string(),
        ..RunRequest::default()
    };
    let options = match config::derived(&request, &Surroundings::look()) {
        Ok(options) => options,
        Err(refusal) => return refused(&refusal),
    };
    let text = config_text(&script.display().to_string(), &options);
    if let Err(message) = new::write(&args.config, &text, args.force) {
        complaint::line(&message);
        return Exit::Other;
    }
    screen::print(&format!(
        "wrote {0}\nnext: loadd check --config {0}, then loadd --config {0}\n",
        args.config.display()
    ));
    Exit::Ok
}

/// The file. `options`: in k6's spelling, with the scenarios that short cuts amount to.
fn config_text(script: &str, options: &Map<String, Value>) -> String {
    let mut out = format!(
        "# A test of loadd: loadd --config FILE. `loadd schema` describes every key, `loadd check --config FILE` checks this file.

script = {}                      # relative to this file
# test_id = \"my-test\"            # label testid; default: the name of this file
# env = {{ BASE_URL = \"http://127.0.0.1:8080\" }}

# [workers]                      # one of several workers that share this test: each with its own index
# index = 0
# count = 4
",
        toml(&script.into())
    );
    // Short cuts stay short cuts: they and scenarios exclude each other.
    let short: Vec<&str> = ["vus", "duration", "iterations", "stages"]
        .into_iter()
        .filter(|key| options.get(*key).is_some_and(|value| !value.is_null()))
        .collect();
    if !short.is_empty() {
        out.push_str("\n# What the script does, as it says it.\n");
    }
    for name in &short {
        writeln!(out, "{name} = {}", toml(&options[*name]))
            .expect("writing into a String cannot fail");
    }
    let none = Map::new();
    let scenarios = options
        .get("scenarios")
        .filter(|_| short.is_empty())
        .and_then(Value::as_object)
        .unwrap_or(&none);
    if !scenarios.is_empty() {
        out.push_str("\n# The script's scenarios as they are: what is changed here takes the place of what the script says.\n");
    }
    for (name, scenario) in scenarios {
        write!(out, "\n[scenarios.{}]\n", key(name)).expect("writing into a String cannot fail");
        for (field, value) in scenario.as_object().unwrap_or(&none) {
            if !value.is_null() {
                writeln!(out, "{} = {}", config::snake(field), toml(value))
                    .expect("writing into a String cannot fail");
            }
        }
    }
    let thresholds = options
        .get("thresholds")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    out.push_str("\n[thresholds]\n");
    for (name, list) in thresholds {
        writeln!(out, "{} = {}", key(name), toml(list)).expect("writing into a String cannot fail");
    }
    if thresholds.is_empty() {
        out.push_str("# http_req_duration = [\"p(95)<500\"]\n");
    }
    out.push_str(
        "
[admin]                          # live page, health, metrics, control
listen = \"127.0.0.1:6565\"

# [remote_write]                 # push to Prometheus (--web.enable-remote-write-receiver)
# url = \"http://127.0.0.1:9090/api/v1/write\"
# spool = { path = \"spool\" }     # what could not be sent waits here; also the checkpoint
",
    );
    out
}

fn key(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        toml(&name.into())
    }
}

/// A JSON value as TOML, on one line.
fn toml(value: &Value) -> String {
    match value {
        // A JSON text is a basic string of TOML but for the delete character.
        Value::String(text) => Value::from(text.replace('\u{7f}', "")).to_string(),
        Value::Array(list) => format!("[{}]", list.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let fields = map.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<_> = fields
                .map(|(name, value)| format!("{} = {}", key(name), toml(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Null => "\"\"".to_owned(),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_holds_scenarios_and_thresholds_as_the_script_has_them() {
        let options = serde_json::json!({
            "scenarios": { "buy": { "executor": "ramping-arrival-rate", "preAllocatedVUs": 5, "exec": null,
                                     "stages": [{ "duration": "1m0s", "target": 10 }] } },
            "thresholds": { "http_req_duration{name:a}": ["p(95)<500"] },
        });
        let text = config_text("a \"b\".js", options.as_object().unwrap());
        let parsed: toml_edit::DocumentMut = text.parse().unwrap();
        assert_eq!(parsed["script"].as_str(), Some("a \"b\".js"));
        let buy = &parsed["scenarios"]["buy"];
        assert_eq!(buy["pre_allocated_vus"].as_integer(), Some(5));
        assert!(buy.get("exec").is_none());
        assert_eq!(buy["stages"][0]["target"].as_integer(), Some(10));
        let short = serde_json::json!({ "vus": 2, "duration": "5s", "scenarios": { "default": { "vus": 2 } } });
        let text = config_text("a.js", short.as_object().unwrap());
        let short: toml_edit::DocumentMut = text.parse().unwrap();
        assert_eq!(
            (short["vus"].as_integer(), short.get("scenarios").is_none()),
            (Some(2), true)
        );
        assert_eq!(
            parsed["thresholds"]["http_req_duration{name:a}"][0].as_str(),
            Some("p(95)<500")
        );
    }
}
