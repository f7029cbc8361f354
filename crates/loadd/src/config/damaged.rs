//! Files and texts from outside with a part of them replaced by anything: they are read, or refused with words, and never more.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    archive, import_map,
    k6::RunRequest,
    locate::Places,
    options::{self, Form},
    tests::Folder,
};

/// Where, how much of it is cut, and what is put there.
type Damage = (u16, u8, Vec<u8>);

fn damaged(bytes: &[u8], (at, cut, with): &Damage) -> Vec<u8> {
    let at = usize::from(*at) % (bytes.len() + 1);
    let end = (at + usize::from(*cut)).min(bytes.len());
    [&bytes[..at], with, &bytes[end..]].concat()
}

fn damaged_text(text: &str, damage: &Damage) -> String {
    String::from_utf8_lossy(&damaged(text.as_bytes(), damage)).into_owned()
}

const TOML: &str = r#"script = "a.js"
env = { A = "b", "c d" = "${workers.index}" }
[workers]
index = 1
count = 4
[scenarios.browse]
executor = "ramping-arrival-rate"
startRate = 5
stages = [{ target = 10, duration = "1m30s" }, { target = 0, duration = "1h" }]
pre_allocated_vus = 5
max_vus = 50
exec = "browse"
[thresholds]
"http_req_duration{a:b}" = ["p(95)<500", { threshold = "rate<0.1", abortOnFail = true }]
[remote_write]
url = "http://127.0.0.1:9/api/v1/write"
interval = "5s"
spool = { path = "spool", max_bytes = "256MiB" }
[limits]
memory_per_vu = "128MiB"
[daemon]
log = { format = "text", level = "info" }
"#;

#[test]
fn a_toml_file_is_read_or_refused_at_a_place_in_it() {
    bolero::check!()
        .with_iterations(3_000)
        .with_type::<Damage>()
        .for_each(|damage| {
            let text = damaged_text(TOML, damage);
            let lines = text.split('\n').count();
            match Places::read(&text) {
                Ok((map, places)) => {
                    for key in map.keys() {
                        let (line, column) = places.find(std::slice::from_ref(key));
                        assert!((1..=lines).contains(&line) && column > 0, "{key} in {text}");
                    }
                }
                Err(malformed) => {
                    assert!(
                        (1..=lines).contains(&malformed.line),
                        "{malformed:?}: {text}"
                    );
                    assert!(!malformed.message.contains('\n'));
                }
            }
        });
}

#[test]
fn a_configuration_is_resolved_or_each_problem_has_words() {
    let script = "export default function () {}\nexport function browse() {}\n";
    bolero::check!()
        .with_iterations(300)
        .with_type::<Damage>()
        .for_each(|damage| {
            let folder = Folder::with(&damaged_text(TOML, damage), script);
            if let Err(refusal) = folder.daemon(&[]) {
                assert!(
                    !crate::terminal::complaint::plain(&refusal)
                        .trim()
                        .is_empty()
                );
            }
        });
}

#[test]
fn options_of_a_script_are_resolved_or_refused() {
    let options = r#"{ "scenarios": { "a": { "executor": "ramping-vus", "stages": [{ "duration": "5s", "target": 10 }], "startVUs": 1, "tags": { "x": "y" } },
 "b": { "executor": "per-vu-iterations", "vus": 2, "iterations": 3, "env": { "K": "v" }, "startTime": "1s" } },
 "thresholds": { "http_req_duration": ["p(95)<500", { "threshold": "avg<1", "abortOnFail": true, "delayAbortEval": "5s" }] },
 "hosts": { "a.test": "127.0.0.1:80", "*.b.test": "::1" }, "blacklistIPs": ["10.0.0.0/8"], "tlsVersion": { "min": "tls1.2" }, "dns": { "ttl": "5m", "select": "first" },
 "tags": { "a": "b" }, "summaryTrendStats": ["p(99.9)", "count"], "systemTags": ["url"], "rps": 5, "batch": 3, "setupTimeout": "5s", "discardResponseBodies": true }"#;
    bolero::check!()
        .with_iterations(300)
        .with_type::<Damage>()
        .for_each(|damage| {
            let options = damaged_text(options, damage);
            // What is no JSON any more is a script's syntax error, or code: neither runs here.
            if serde_json::from_str::<Value>(&options).is_err() {
                return;
            }
            let script =
                format!("export const options = {options};\nexport default function () {{}}\n");
            if let Err(refusal) = Folder::with("", &script).run(&json!({}), &[]) {
                assert!(
                    !crate::terminal::complaint::plain(&refusal)
                        .trim()
                        .is_empty()
                );
            }
        });
}

#[test]
fn an_option_given_as_text_is_read_or_refused() {
    bolero::check!()
        .with_iterations(4_000)
        .with_type::<String>()
        .for_each(|text| {
            for form in [
                Form::Text,
                Form::Bool,
                Form::List,
                Form::Stages,
                Form::Pairs,
                Form::Dns,
            ] {
                if let Err(message) = options::read(form, text) {
                    assert!(!message.is_empty());
                }
            }
        });
}

#[test]
fn an_archive_is_read_or_refused() {
    let files = BTreeMap::from([
        ("/home/anna/a.js".to_owned(), "import './lib.js'".as_bytes()),
        ("/home/anna/lib.js".to_owned(), "export {}".as_bytes()),
    ]);
    let facts = archive::Facts {
        options: Vec::new(),
        env: Some(BTreeMap::from([("A".to_owned(), "b".to_owned())])),
        compatibility: "extended",
    };
    let mut sound = Vec::new();
    archive::write(&mut sound, "/home/anna/a.js", &files, &facts).unwrap();
    bolero::check!()
        .with_iterations(3_000)
        .with_type::<Damage>()
        .for_each(
            |damage| match archive::read(damaged(&sound, damage).as_slice()) {
                Ok(archive) => assert!(!archive.main.is_empty()),
                Err(message) => assert!(!message.is_empty()),
            },
        );
}

#[test]
fn an_import_map_and_k6s_config_file_are_read_or_refused() {
    let map = r#"{ "imports": { "https://jslib.k6.io/papaparse/5.1.1/index.js": "lib/papaparse.js", "lib/": "lib/" } }"#;
    let config = r#"{ "vus": 3, "duration": "5s", "thresholds": { "checks": ["rate>0.9"] }, "collectors": { "influxdb": { "addr": "x" } }, "linger": true }"#;
    let folder = Folder::with("", "export default function () {}\n");
    bolero::check!()
        .with_iterations(300)
        .with_type::<Damage>()
        .for_each(|damage| {
            let file = folder.path("outside.json");
            std::fs::write(&file, damaged(map.as_bytes(), damage)).unwrap();
            if let Err(message) = import_map(&file) {
                assert!(message.contains("outside.json"), "{message}");
            }
            std::fs::write(&file, damaged(config.as_bytes(), damage)).unwrap();
            let request = RunRequest {
                script: folder.path("a.js").display().to_string(),
                flags: Map::new(),
                config: Some(file),
                ..RunRequest::default()
            };
            if let Err(refusal) = folder.ask(&request, &[]) {
                assert!(
                    !crate::terminal::complaint::plain(&refusal)
                        .trim()
                        .is_empty()
                );
            }
        });
}
