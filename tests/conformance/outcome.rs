//! Runs a case: a folder of its own, a target and a raw server where its script asks for them, and the binary.

use std::{
    fs::{self, File},
    os::unix::{fs::symlink, process::ExitStatusExt},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use loadd_tests::{Httpbin, Receiver, Reply, Room, Target, Tls, Wire, paths, receiver::Received};
use rustix::process::Pid;
use serde_json::Value;

use crate::{
    case::{Case, Subject},
    rest,
};

/// Marks the line that carries handleSummary's data.
const MARK: &str = "@@conformance ";

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Exit code; 128 + signal; none where it had to be killed.
    pub(crate) code: Option<i32>,
    /// Standard output, with `$ROOM` for the folder.
    pub(crate) stdout: String,
    /// Lines of standard error, the same way.
    pub(crate) log: Vec<String>,
    /// handleSummary's data.
    pub(crate) data: Option<Value>,
    /// Lines of `--out json`.
    pub(crate) points: Vec<Value>,
    /// What the target served, by path.
    pub(crate) served: Vec<(String, u64)>,
    /// Requests on the raw server, then those on the servers behind TLS.
    pub(crate) wire: Vec<String>,
    /// The folder.
    pub(crate) room: Room,
    /// Length in seconds.
    pub(crate) took: f64,
    /// What was wrong with an answer of its REST API.
    pub(crate) unanswered: Vec<String>,
    /// What the receiver of OTLP got.
    pub(crate) told: Vec<Received>,
}

/// Runs it to its end.
pub(crate) fn run(case: &Case) -> Result<Outcome, String> {
    let room = Room::new();
    let wants = |subject| case.expected.iter().any(|line| line.subject == subject);
    let all: String = case.files.iter().map(|(_, text)| text.as_str()).collect();
    let target = all.contains("ENV.TARGET").then(Target::start);
    let named = case
        .environment
        .iter()
        .any(|(_, value)| value.contains("$WIRE"));
    let wire = (named || all.contains("ENV.WIRE")).then(Wire::start);
    let otlp = wants(Subject::Otlp).then(|| Receiver::start([], Reply::status(200)));
    let otlp_address = otlp.as_ref().map(|one| one.address().to_string());
    let tls = all.contains("ENV.TLS").then(Tls::start);
    let httpbin = all.contains("ENV.HTTPBIN").then(Httpbin::start);
    if let Some(tls) = &tls {
        tls.write_certificates(&room);
    }
    for (at, (name, text)) in case.files.iter().enumerate() {
        let mut text = text.clone();
        let asked = wants(Subject::Metric) || wants(Subject::Check) || wants(Subject::Checks);
        if at == 0 && asked && !text.contains("handleSummary") {
            text.push_str(&hook(&text));
        }
        room.write(name, &text);
    }
    for (from, to) in &case.copies {
        fs::copy(paths::project().join(from), room.join(to))
            .map_err(|error| format!("cannot copy {from}: {error}"))?;
    }
    let mut command_line = case.command.clone();
    if wants(Subject::Point) {
        command_line.insert(1, "--out=json=points.json".to_owned());
    }
    let api = format!("127.0.0.1:{}", paths::free_port());
    if case.shell.is_some() {
        symlink(paths::loadd_bin(), room.join("k6")).map_err(|error| error.to_string())?;
    }
    let spawn = |program: &str, arguments: &[String], name: &str| -> Result<Child, String> {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["LOADD_", "K6_", "RUST_", "NOTIFY_"]
                .iter()
                .any(|start| text.starts_with(start))
            {
                command.env_remove(&name);
            }
        }
        let stdin = if case.stdin {
            Stdio::from(File::open(room.join(&case.files[0].0)).map_err(|e| e.to_string())?)
        } else {
            Stdio::null()
        };
        let output = |kind: &str| File::create(room.join(&format!("{name}.{kind}")));
        command
            .args(arguments.iter().map(|word| word.replace("$API", &api)))
            .envs(case.environment.iter().map(|(k, v)| {
                let address = wire.as_ref().map_or("", Wire::address);
                let otlp = otlp_address.as_deref().unwrap_or_default();
                let value = v.replace("$WIRE", address).replace("$API", &api);
                (k, value.replace("$OTLP", otlp))
            }))
            .env("API", &api)
            .env("PATH", search_path(&room))
            .env("ROOM", room.path())
            .current_dir(room.path())
            .stdin(stdin)
            .stdout(output("out").map_err(|e| e.to_string())?)
            .stderr(output("err").map_err(|e| e.to_string())?);
        if let Some(target) = &target {
            command.env("TARGET", format!("http://{}", target.address()));
        }
        if let Some(wire) = &wire {
            command.env("WIRE", format!("http://{}", wire.address()));
        }
        command.envs(httpbin.iter().map(|one| ("HTTPBIN", one.url())));
        command.envs(tls.iter().flat_map(Tls::variables));
        command
            .spawn()
            .map_err(|error| format!("cannot start the binary: {error}"))
    };
    let binary = paths::loadd_bin().to_string_lossy().into_owned();
    let start = |arguments: &[String], name: &str| spawn(&binary, arguments, name);
    for (number, arguments) in case.before.iter().enumerate() {
        let name = format!("before{number}");
        let code = wait(start(arguments, &name)?, case.limit, |_| {});
        if code != Some(0) {
            return Err(format!(
                "`{}` before it ended with {code:?}:\n{}",
                arguments.join(" "),
                text(&room.join(&format!("{name}.err")))
            ));
        }
    }
    let began = Instant::now();
    let child = match &case.shell {
        Some(line) => spawn("sh", &["-c".to_owned(), line.clone()], "run"),
        None => start(&command_line, "run"),
    }?;
    let over = AtomicBool::new(false);
    let mut signals = case.signals.iter();
    let mut next = signals.next();
    let send_signals = |child: &Child| {
        let Some((signal, after)) = next else { return };
        let seen = text(&room.join("run.err")).contains(after.as_str())
            || text(&room.join("run.out")).contains(after.as_str());
        if seen {
            let _gone = rustix::process::kill_process(Pid::from_child(child), *signal);
            next = signals.next();
        }
    };
    let (code, took, unanswered) = thread::scope(|scope| {
        let asker = scope.spawn(|| rest::walk(&case.steps, &api, &over));
        let code = wait(child, case.limit, send_signals);
        let took = began.elapsed().as_secs_f64();
        over.store(true, Ordering::Relaxed);
        (code, took, asker.join().expect("the asker does not panic"))
    });
    let place = room.path().to_string_lossy().into_owned();
    let tidy = |text: String| text.replace(&place, "$ROOM");
    let (mut log, mut data) = (Vec::new(), None);
    for line in tidy(text(&room.join("run.err"))).lines() {
        match line.find(MARK) {
            Some(at) => data = data_in(line, at + MARK.len()),
            None => log.push(line.to_owned()),
        }
    }
    let points = text(&room.join("points.json"))
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let served = target.map_or_else(Vec::new, |target| {
        target.stats().by_path.into_iter().collect()
    });
    Ok(Outcome {
        code,
        stdout: tidy(text(&room.join("run.out"))),
        log,
        data,
        points,
        served,
        wire: wire
            .map(|wire| wire.requests())
            .into_iter()
            .chain(tls.map(|tls| tls.requests()))
            .flatten()
            .collect(),
        room,
        took,
        unanswered,
        told: otlp.map_or_else(Vec::new, |receiver| receiver.received()),
    })
}

/// The folder before all others: there the binary is `k6`.
fn search_path(room: &Room) -> String {
    let others = std::env::var("PATH").unwrap_or_default();
    format!("{}:{others}", room.path().display())
}

fn text(path: &Path) -> String {
    fs::read(path).map_or_else(
        |_| String::new(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

/// Hands the summary's data out through the console, and leaves the summary itself as it is.
fn hook(script: &str) -> String {
    let body = format!("(data) {{ console.log('{MARK}' + JSON.stringify(data)); }}");
    if script.contains("export ") {
        format!("\nexport function handleSummary{body}\n")
    } else {
        format!("\nexports.handleSummary = function {body};\n")
    }
}

/// The data in a line of any log format.
fn data_in(line: &str, at: usize) -> Option<Value> {
    let rest = line.get(at..)?;
    if line.starts_with('{') {
        let line: Value = serde_json::from_str(line).ok()?;
        return serde_json::from_str(line.get("msg")?.as_str()?.strip_prefix(MARK)?).ok();
    }
    if line.starts_with("time=") {
        let quoted = format!("\"{}\"", rest.rsplit_once("\" source=")?.0);
        let text: String = serde_json::from_str(&quoted).ok()?;
        return serde_json::from_str(&text).ok();
    }
    serde_json::from_str(rest).ok()
}

fn wait(mut child: Child, limit: u64, mut look: impl FnMut(&Child)) -> Option<i32> {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                return Some(
                    status
                        .code()
                        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
                );
            }
            Ok(None) if began.elapsed() < Duration::from_secs(limit) => look(&child),
            Ok(None) | Err(_) => {
                let _gone = child.kill();
                let _reaped = child.wait();
                return None;
            }
        }
        thread::sleep(Duration::from_millis(10));
    }
}
