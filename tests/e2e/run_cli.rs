//! The command line as k6's users know it: flags, variables, config file, errors and their codes, logs, inspect, new, init,
//! and the commands that talk to a running loadd.

use std::{path::Path, process::Command, time::Duration};

use loadd_tests::{Finished, Loadd, Room, paths};
use serde_json::Value;

const LOG: &str = "export default function () { console.log('from the script'); }";

fn run(room: &Room, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let mut command = Command::new(paths::loadd_bin());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("K6_") {
            command.env_remove(&name);
        }
    }
    let output = command
        .args(arguments)
        .env("NO_COLOR", "1")
        .env("HOME", room.path())
        .env_remove("XDG_CONFIG_HOME")
        .envs(environment.iter().copied())
        .current_dir(room.path())
        .output()
        .expect("loadd runs");
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn with(script: &str) -> Room {
    let room = Room::new();
    room.write("script.js", script);
    room
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn what_the_command_line_refuses_ends_with_255_and_one_log_line() {
    let room = with(LOG);
    for arguments in [
        vec!["run", "--no-such-flag", "script.js"],
        vec!["run"],
        vec!["run", "script.js", "other.js"],
        vec!["run", "missing.js"],
        vec!["run", "-d", "10", "script.js"],
        vec!["run", "-e", "1A=b", "script.js"],
        vec!["run", "--tag", "a=", "script.js"],
        vec!["run", "--summary-mode", "legacy", "script.js"],
        vec!["run", "--no-summary", "script.js"],
        vec!["run", "--summary-trend-stats", "p(101)", "script.js"],
        vec!["run", "--summary-time-unit", "h", "script.js"],
        vec!["run", "--compatibility-mode", "es6", "script.js"],
        vec!["run", "--log-output", "syslog", "script.js"],
        vec!["run", "--traces-output", "x", "script.js"],
        vec!["run", "--execution-segment", "33.5%", "script.js"],
        vec!["inspect", "missing.js"],
        vec!["inspect", "--vus", "3", "script.js"],
    ] {
        let finished = run(&room, &arguments, &[]);
        finished.expect(255, &["level=error"]);
        let errors = finished
            .stderr
            .lines()
            .filter(|line| line.contains("level=error"));
        assert_eq!(errors.count(), 1, "{arguments:?}: {}", finished.stderr);
        assert!(
            !finished.stderr.contains("Usage"),
            "{arguments:?}: {}",
            finished.stderr
        );
    }
    for variable in [
        ("K6_NO_THRESHOLDS", "maybe"),
        ("K6_SUMMARY_MODE", "legacy"),
        ("K6_COMPATIBILITY_MODE", "es6"),
    ] {
        run(&room, &["run", "script.js"], &[variable]).expect(255, &["level=error"]);
    }
}

#[test]
fn what_is_wrong_with_the_options_is_listed_together_and_ends_with_104() {
    let room = with(
        "export const options = { setupTimeout: '0s', scenarios: {
            a: { executor: 'constant-vus', vus: 0, duration: '1s', exec: 'missing' } },
            thresholds: { nowhere: ['count>1'] } };
        export default function () {}",
    );
    let finished = run(&room, &["run", "script.js"], &[]);
    finished.expect(
        104,
        &[
            "there were problems with the specified script configuration",
            "\\n\\t- ",
        ],
    );
    for text in ["setupTimeout", "missing", "nowhere"] {
        assert!(
            finished.stderr.contains(text),
            "{text}: {}",
            finished.stderr
        );
    }
    assert_eq!(
        finished.stderr.matches("level=error").count(),
        1,
        "{}",
        finished.stderr
    );
    let plain = with(LOG);
    for (arguments, variables) in [
        (vec!["run", "-u", "0", "-i", "1", "script.js"], vec![]),
        (vec!["run", "-u", "3", "-i", "2", "script.js"], vec![]),
        (vec!["run", "script.js"], vec![("K6_VUS", "x")]),
        (vec!["run", "script.js"], vec![("K6_LINGER", "maybe")]),
        (vec!["run", "-c", "missing.json", "script.js"], vec![]),
        (
            vec![
                "run",
                "--execution-segment-sequence",
                "0,1/2,1",
                "script.js",
            ],
            vec![],
        ),
    ] {
        run(&plain, &arguments, &variables).expect(104, &["level=error"]);
    }
}

#[test]
fn the_layers_are_config_file_script_environment_and_flags() {
    let room = with(
        "import exec from 'k6/execution';
        export const options = { iterations: 2 };
        export default function () { console.log(`agent ${exec.test.options.userAgent}`); }",
    );
    room.write(
        "c.json",
        r#"{"userAgent":"file","iterations":5,"vus":2,"nonsense":1}"#,
    );
    let finished = run(&room, &["run", "-c", "c.json", "script.js"], &[]);
    finished.expect(0, &["agent file", "2 complete"]);
    room.write(
        ".config/k6/config.json",
        r#"{"userAgent":"default file","linger":false}"#,
    );
    run(&room, &["run", "script.js"], &[]).expect(0, &["agent default file"]);
    run(
        &room,
        &["run", "script.js"],
        &[("K6_USER_AGENT", "variable")],
    )
    .expect(0, &["agent variable"]);
    let finished = run(
        &room,
        &[
            "--quiet",
            "run",
            "script.js",
            "--user-agent=flag",
            "-i",
            "3",
        ],
        &[("K6_USER_AGENT", "variable")],
    );
    finished.expect(0, &["agent flag"]);
    assert_eq!(finished.stderr.matches("agent flag").count(), 3);
    room.write("c.json", "{");
    run(&room, &["run", "-c", "c.json", "script.js"], &[]).expect(104, &["JSON"]);
}

#[test]
fn scenarios_give_way_to_a_short_cut_with_a_warning() {
    let room = with(
        "export const options = { scenarios: { a: { executor: 'constant-vus', vus: 1, duration: '40s' } } };
        export default function () {}",
    );
    let finished = run(&room, &["run", "-i", "2", "script.js"], &[]);
    finished.expect(
        0,
        &[
            "level=warning",
            "level configuration overrode scenarios configuration entirely",
        ],
    );
}

#[test]
fn logs_go_where_they_are_wanted_in_the_form_that_is_wanted() {
    let room = with(LOG);
    let finished = run(&room, &["run", "--log-format", "json", "script.js"], &[]);
    let line = finished
        .stderr
        .lines()
        .find(|line| line.contains("from the script"))
        .expect("it is logged");
    let line: Value = serde_json::from_str(line).expect("it is JSON");
    assert_eq!(
        (&line["level"], &line["source"]),
        (&"info".into(), &"console".into())
    );
    let finished = run(&room, &["run", "--log-output=file=a.log", "script.js"], &[]);
    assert_eq!(finished.stderr, "");
    assert!(text(&room.join("a.log")).contains("msg=\"from the script\" source=console"));
    let finished = run(
        &room,
        &[
            "run",
            "-q",
            "--log-output=stdout",
            "--log-format=raw",
            "script.js",
        ],
        &[],
    );
    assert!(finished.stdout.contains("from the script\n") && finished.stderr.is_empty());
    let finished = run(&room, &["run", "script.js"], &[("K6_LOG_OUTPUT", "none")]);
    assert_eq!(finished.stderr, "");
    run(
        &room,
        &["run", "--console-output", "c.log", "script.js"],
        &[],
    )
    .expect(0, &[]);
    let console = text(&room.join("c.log"));
    assert!(
        console.contains("level=info msg=\"from the script\"") && !console.contains("source"),
        "{console}"
    );
}

#[test]
fn the_systems_variables_reach_the_script_unless_they_are_not_to() {
    let room =
        with("export default function () { console.log(`A is ${__ENV.A}, B is ${__ENV.B}`); }");
    let vars = [("A", "system")];
    run(&room, &["run", "-e", "B=flag", "script.js"], &vars).expect(0, &["A is system, B is flag"]);
    run(
        &room,
        &[
            "run",
            "--include-system-env-vars=false",
            "-e",
            "B",
            "script.js",
        ],
        &vars,
    )
    .expect(0, &["A is undefined, B is "]);
}

#[test]
fn the_summary_shows_what_its_mode_says() {
    let script = "import { check, group } from 'k6';
        export const options = { scenarios: {
            one: { executor: 'per-vu-iterations', exec: 'one' }, two: { executor: 'per-vu-iterations', exec: 'two' } } };
        export function one() { group('inner', () => { check(1, { fine: () => true }); }); }
        export function two() {}";
    let room = with(script);
    let compact = run(&room, &["run", "script.js"], &[]).stdout;
    assert!(
        compact.contains("█ TOTAL RESULTS") && !compact.contains("SCENARIO"),
        "{compact}"
    );
    let full = run(&room, &["run", "--summary-mode=full", "script.js"], &[]).stdout;
    for text in ["█ SCENARIO: one", "↳ GROUP: inner", "█ SCENARIO: two"] {
        assert!(full.contains(text), "{text}: {full}");
    }
    let none = run(
        &room,
        &[
            "run",
            "--summary-mode=disabled",
            "--summary-export=s.json",
            "script.js",
        ],
        &[],
    )
    .stdout;
    assert!(
        !none.contains("TOTAL RESULTS") && !room.join("s.json").exists(),
        "{none}"
    );
    let unit = run(
        &room,
        &[
            "run",
            "--summary-time-unit=ms",
            "--summary-trend-stats=avg,p(99.9),count",
            "script.js",
        ],
        &[],
    );
    unit.expect(0, &["p(99.9)=", "count=2"]);
}

#[test]
fn inspect_prints_every_option_and_nothing_else() {
    let room = with(
        "export const options = { vus: 2, duration: '90s', thresholds: { http_reqs: ['count>1'] } };
        export default function () {}",
    );
    let plain = run(&room, &["inspect", "script.js"], &[]);
    assert_eq!((plain.code, plain.stderr.as_str()), (0, ""));
    assert!(
        plain
            .stdout
            .starts_with("{\n  \"paused\": null,\n  \"vus\": 2,\n  \"duration\": \"1m30s\",")
    );
    assert!(plain.stdout.ends_with("\n}") && plain.stdout.contains("count\\u003e1"));
    let needs = run(
        &room,
        &["inspect", "--execution-requirements", "script.js"],
        &[("K6_VUS", "7")],
    );
    let needs: Value = serde_json::from_str(&needs.stdout).expect("it is JSON");
    assert_eq!(needs["maxVUs"], 7);
    assert_eq!(needs["totalDuration"], "2m0s");
    assert_eq!(needs["scenarios"]["default"]["executor"], "constant-vus");
    assert_eq!(needs["systemTags"][0], "check");
    let wrong = with("export const options = { vus: 'many' }; export default function () {}");
    run(&wrong, &["inspect", "script.js"], &[]).expect(104, &["vus"]);
    let broken = with("export default function ( {");
    run(&broken, &["inspect", "script.js"], &[]).expect(107, &["level=error"]);
}

#[test]
fn new_and_init_write_files_that_work() {
    let room = Room::new();
    run(&room, &["new"], &[]).expect(0, &["script.js"]);
    run(&room, &["new"], &[]).expect(255, &["already exists"]);
    run(&room, &["new", "--force", "--template", "protocol"], &[]).expect(0, &[]);
    run(&room, &["inspect", "script.js"], &[]).expect(0, &["ramping-vus"]);
    run(&room, &["init", "script.js"], &[]).expect(0, &["test.toml"]);
    assert!(text(&room.join("test.toml")).contains("[scenarios.browse]"));
    run(&room, &["check", "--config", "test.toml"], &[]).expect(0, &["browse"]);
    let empty = Room::new();
    run(&empty, &["init"], &[]).expect(0, &[]);
    run(&empty, &["check", "--config", "test.toml"], &[]).expect(0, &[]);
}

#[test]
fn a_running_test_is_steered_by_commands() {
    let room = with("import { sleep } from 'k6'; export default function () { sleep(0.05); }");
    let mut loadd = Loadd::command(
        room.path(),
        &["run", "-d", "50s", "-a", "127.0.0.1:0", "script.js"],
    );
    let address = loadd
        .process
        .line("the address", Duration::from_secs(30), |line| {
            let at = line.find("http://127.0.0.1:")? + "http://".len();
            let rest = &line[at..];
            let end = rest.find(['/', '"']).unwrap_or(rest.len());
            let address = &rest[..end];
            (!address.ends_with(":0")).then(|| address.to_owned())
        });
    let ask = |words: &[&str]| {
        let arguments: Vec<&str> = words
            .iter()
            .copied()
            .chain(["--address", &address])
            .collect();
        run(&room, &arguments, &[])
    };
    ask(&["status"]).expect(0, &["paused: false"]);
    ask(&["pause"]).expect(0, &["paused: true"]);
    ask(&["resume"]).expect(0, &["paused: false"]);
    ask(&["resume"]).expect(0, &["paused: false"]);
    loadd_tests::wait_for("its metrics", Duration::from_secs(20), || {
        let stats = ask(&["stats"]);
        stats.expect(0, &[]);
        stats.stdout.contains("id: \"iterations\"").then_some(())
    });
    ask(&["stop"]).expect(0, &[]);
    let _stopped = loadd.finish(Duration::from_secs(40));
    ask(&["status"]).expect(255, &["no answer"]);
}

#[test]
fn a_lingering_test_sums_up_after_the_signal() {
    let room = with(LOG);
    let mut loadd = Loadd::command(room.path(), &["run", "--linger", "script.js"]);
    loadd
        .process
        .line("the waiting", Duration::from_secs(30), |line| {
            line.contains("lingering until").then_some(())
        });
    assert!(!loadd.process.stdout.text().contains("TOTAL RESULTS"));
    loadd.terminate();
    loadd
        .finish(Duration::from_secs(30))
        .expect(0, &["TOTAL RESULTS"]);
}

#[test]
fn an_archive_holds_all_that_a_script_reads_and_runs_elsewhere() {
    let room = Room::new();
    room.write(
        "scripts/a.js",
        "import { word } from '../lib/word.js';
        const data = open('./data.txt');
        export const options = { vus: 3, thresholds: { iterations: ['count>1'] } };
        export default function () { console.log(`${word} ${data.trim()} ${__ENV.A} ${__ENV.B}`); }",
    );
    room.write("scripts/data.txt", "from a file\n");
    room.write("lib/word.js", "export const word = 'read';");
    let packed = run(
        &room,
        &[
            "archive",
            "scripts/a.js",
            "-O",
            "out.tar",
            "-e",
            "A=packed",
            "--iterations",
            "4",
        ],
        &[("B", "system")],
    );
    packed.expect(0, &[]);
    assert_eq!(
        packed.output().trim(),
        "",
        "the k6 Operator reads what is said"
    );
    let elsewhere = Room::new();
    std::fs::copy(room.join("out.tar"), elsewhere.join("out.tar")).expect("it is there");
    std::fs::remove_dir_all(room.join("scripts")).expect("it can go");
    let finished = run(&elsewhere, &["run", "out.tar"], &[]);
    finished.expect(0, &["read from a file packed undefined"]);
    assert_eq!(finished.stderr.matches("read from a file").count(), 4);
    run(
        &elsewhere,
        &["run", "out.tar", "-e", "A=flag", "-i", "3"],
        &[],
    )
    .expect(0, &["read from a file flag"]);
    let needs = run(
        &elsewhere,
        &["inspect", "--execution-requirements", "out.tar"],
        &[],
    );
    let needs: Value = serde_json::from_str(&needs.stdout).expect("it is JSON");
    assert_eq!(
        (&needs["maxVUs"], &needs["iterations"]),
        (&3.into(), &4.into())
    );
    run(
        &elsewhere,
        &["run", "--type", "archive", "missing.tar"],
        &[],
    )
    .expect(255, &["missing.tar"]);
    elsewhere.write("broken.tar", "nothing of the kind");
    run(&elsewhere, &["run", "-t", "archive", "broken.tar"], &[]).expect(255, &["archive"]);
    run(&elsewhere, &["archive", "-o", "json", "x.js"], &[]).expect(255, &["level=error"]);
}
