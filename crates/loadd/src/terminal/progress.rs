//! What is seen while a test runs: header, status line, a line for each scenario. Redrawn in place on a terminal; elsewhere
//! plain lines, each second for `run`, every half minute or on a change for the daemon.

use std::{
    fmt::Write,
    net::SocketAddr,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadd_engine::{EngineHandle, Phase, ScenarioPhase, ScenarioStatus, Status};

use super::screen;
use crate::config::ResolvedTest;

const BAR: usize = 40;
const NAME: usize = 30;

/// k6's header.
pub(crate) fn header(script: &str, test: &ResolvedTest, page: Option<SocketAddr>) -> String {
    let output = if test.output_names.is_empty() {
        "-".to_owned()
    } else {
        test.output_names.join(", ")
    };
    let (head, scenarios) = test.plan.describe(&test.share);
    let mut out = String::from("\n     execution: local\n");
    let rows = [("script", script), ("output", output.as_str())];
    rows.iter().for_each(|(name, value)| {
        writeln!(out, "{name:>14}: {value}").expect("writing into a String cannot fail");
    });
    let page = page.map(|mut address| {
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        address.to_string()
    });
    if let Some(address) = page {
        writeln!(out, "{:>14}: http://{address}", "web dashboard")
            .expect("writing into a String cannot fail");
    }
    writeln!(out, "\n     scenarios: {head}").expect("writing into a String cannot fail");
    scenarios.iter().for_each(|scenario| {
        writeln!(out, "              * {scenario}").expect("writing into a String cannot fail");
    });
    out.push('\n');
    out
}

/// Who is to be told how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// `loadd run`: as k6.
    Run,
    /// The daemon: log lines, few of them.
    Daemon,
}

/// Shows the engine's status until it has ended.
pub(crate) async fn show(engine: EngineHandle, pace: Pace) {
    let mut statuses = engine.statuses();
    let mut view = match pace {
        _ if screen::stdout_is_terminal() => View::Drawn(Drawn::default()),
        Pace::Run => View::Printed(None),
        Pace::Daemon => View::Logged(None),
    };
    loop {
        let status = statuses.borrow_and_update().clone();
        view.update(&status);
        if status.phase == Phase::Ended || statuses.changed().await.is_err() {
            break;
        }
    }
    view.finish();
}

enum View {
    Drawn(Drawn),
    Printed(Option<Instant>),
    Logged(Option<(Instant, Phase, bool)>),
}

impl View {
    fn update(&mut self, status: &Status) {
        match self {
            View::Drawn(drawn) => drawn.update(status),
            View::Printed(last) => {
                if last.is_none_or(|last| last.elapsed() >= Duration::from_millis(950)) {
                    *last = Some(Instant::now());
                    screen::print(&block(status, false));
                }
            }
            View::Logged(last) => {
                let due = last.is_none_or(|(at, phase, paused)| {
                    at.elapsed() >= Duration::from_secs(30)
                        || phase != status.phase
                        || paused != status.paused
                });
                if due {
                    *last = Some((Instant::now(), status.phase, status.paused));
                    log(status);
                }
            }
        }
    }

    fn finish(self) {
        if let View::Drawn(drawn) = self {
            drop(drawn.bars.clear());
        }
    }
}

fn log(status: &Status) {
    let rate: f64 = status
        .scenarios
        .iter()
        .filter_map(|scenario| scenario.rate)
        .sum();
    let dropped: u64 = status
        .scenarios
        .iter()
        .map(|scenario| scenario.dropped)
        .sum();
    tracing::info!(
        phase = phase_name(status),
        elapsed = %clock(status.elapsed),
        vus = status.vus,
        vus_max = status.vus_max,
        planned_per_second = rate,
        completed = status.iterations_completed,
        interrupted = status.iterations_interrupted,
        dropped,
        "progress"
    );
}

fn phase_name(status: &Status) -> &'static str {
    match status.phase {
        _ if status.paused => "paused",
        Phase::Created => "created",
        Phase::InitVus => "init",
        Phase::Waiting => "waiting",
        Phase::Setup => "setup",
        Phase::Running => "running",
        Phase::Teardown => "teardown",
        Phase::Ended => "ended",
    }
}

/// Lines that indicatif redraws.
struct Drawn {
    bars: MultiProgress,
    lines: Vec<ProgressBar>,
}

impl Default for Drawn {
    fn default() -> Drawn {
        Drawn {
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::stdout_with_hz(10)),
            lines: Vec::new(),
        }
    }
}

impl Drawn {
    fn update(&mut self, status: &Status) {
        let text = block(status, true);
        for (index, line) in text.trim_start().lines().enumerate() {
            if self.lines.len() <= index {
                let bar = self.bars.add(ProgressBar::no_length());
                bar.set_style(
                    ProgressStyle::with_template("{msg}")
                        .unwrap_or_else(|_| ProgressStyle::default_bar()),
                );
                self.lines.push(bar);
            }
            self.lines[index].set_message(line.to_owned());
        }
    }
}

/// Blank line, status line, a line for each scenario.
pub(crate) fn block(status: &Status, wide: bool) -> String {
    let mut out = format!("\n{}\n", status_line(status));
    if status.phase >= Phase::Running {
        let width = status
            .scenarios
            .iter()
            .map(|scenario| scenario.name.chars().count().min(NAME))
            .max()
            .unwrap_or(0);
        for scenario in &status.scenarios {
            out.push_str(&scenario_line(scenario, width, wide));
            out.push('\n');
        }
    }
    out
}

fn status_line(status: &Status) -> String {
    match status.phase {
        Phase::Created | Phase::InitVus => {
            let share = ratio(status.vus_max as f64, status.vus_planned as f64);
            format!(
                "Init  {} {}/{} VUs initialized",
                bar(share, 20),
                status.vus_max,
                status.vus_planned
            )
        }
        Phase::Waiting if status.paused => format!("Run   {} paused", bar(0.0, 20)),
        Phase::Waiting => format!("Run   {} waiting for the start", bar(0.0, 20)),
        Phase::Setup => "setup()".into(),
        Phase::Teardown => "teardown()".into(),
        Phase::Running | Phase::Ended => format!(
            "{} ({}), {}/{} VUs, {} complete and {} interrupted iterations",
            if status.paused { "paused" } else { "running" },
            fixed_clock(status.elapsed, status.total),
            padded(status.vus, status.vus_max),
            status.vus_max,
            status.iterations_completed,
            status.iterations_interrupted,
        ),
    }
}

fn scenario_line(scenario: &ScenarioStatus, width: usize, wide: bool) -> String {
    let name: String = if scenario.name.chars().count() > NAME {
        scenario
            .name
            .chars()
            .take(NAME - 3)
            .chain("...".chars())
            .collect()
    } else {
        scenario.name.clone()
    };
    let mark = match scenario.phase {
        ScenarioPhase::Waiting => '•',
        ScenarioPhase::Running => ' ',
        ScenarioPhase::Stopping => '↓',
        ScenarioPhase::Done => '✓',
        ScenarioPhase::Interrupted => '✗',
    };
    // Counted work is over when its iterations are, whatever its time.
    let counted = scenario.iterations.map_or(0.0, |iterations| {
        ratio(scenario.started as f64, iterations as f64)
    });
    let progress = match scenario.phase {
        ScenarioPhase::Done => 1.0,
        ScenarioPhase::Waiting
        | ScenarioPhase::Running
        | ScenarioPhase::Stopping
        | ScenarioPhase::Interrupted => scenario.progress.max(counted),
    };
    let bar = if wide {
        bar(progress, BAR)
    } else {
        format!("[{:>4.0}% ]", progress * 100.0)
    };
    let mut columns = Vec::new();
    if scenario.phase == ScenarioPhase::Waiting {
        columns.push("waiting".to_owned());
        columns.push(clock(scenario.starts_in));
    } else {
        // What it has given back at its end was its own all the same.
        let most = scenario.vus_max.max(scenario.vus_planned);
        columns.push(match scenario.executor {
            "constant-vus" | "per-vu-iterations" | "shared-iterations" => format!("{most} VUs"),
            _ => format!("{}/{most} VUs", padded(scenario.vus, most)),
        });
        let length = scenario.duration.map_or("forever".into(), |length| {
            loadd_timeline::Offset::from(length).to_string()
        });
        let elapsed = scenario
            .duration
            .map_or(scenario.elapsed, |length| scenario.elapsed.min(length));
        columns.push(format!(
            "{}/{length}",
            fixed_clock(elapsed, scenario.duration)
        ));
        if let Some(rate) = scenario.rate {
            columns.push(format!("{rate:06.2} iters/s"));
        }
        if let Some(iterations) = scenario.iterations {
            let done = padded(scenario.started, iterations);
            columns.push(if scenario.executor == "shared-iterations" {
                format!("{done}/{iterations} shared iters")
            } else {
                format!(
                    "{done}/{iterations} iters, {} per VU",
                    iterations / most.max(1)
                )
            });
        }
    }
    format!("{name:<width$} {mark} {bar} {}", columns.join("  "))
}

fn bar(share: f64, width: usize) -> String {
    let inner = width - 2;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the bar's width"
    )]
    let full = (share.clamp(0.0, 1.0) * inner as f64) as usize;
    let head = if full > 0 && full < inner { ">" } else { "" };
    let done = "=".repeat(full.saturating_sub(head.len()));
    format!("[{done}{head}{}]", "-".repeat(inner - full))
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn padded(count: u64, most: u64) -> String {
    format!("{count:0width$}", width = most.to_string().len())
}

/// `1m05.0s`
fn clock(elapsed: Duration) -> String {
    fixed_clock(elapsed, Some(elapsed))
}

/// With minutes and hours as `total` has them, so that the width stays.
fn fixed_clock(elapsed: Duration, total: Option<Duration>) -> String {
    let longest = total.unwrap_or(elapsed).max(elapsed).as_secs();
    let (seconds, tenths) = (elapsed.as_secs(), elapsed.subsec_millis() / 100);
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match longest {
        0..60 => format!("{rest:02}.{tenths}s"),
        60..3600 => {
            let width = (longest / 60).to_string().len();
            format!("{minutes:0width$}m{rest:02}.{tenths}s")
        }
        3600.. => {
            let width = (longest / 3600).to_string().len();
            format!("{hours:0width$}h{minutes:02}m{rest:02}.{tenths}s")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(name: &str, phase: ScenarioPhase) -> ScenarioStatus {
        ScenarioStatus {
            name: name.into(),
            executor: "constant-arrival-rate",
            phase,
            elapsed: Duration::from_millis(5_000),
            duration: Some(Duration::from_secs(60)),
            starts_in: Duration::from_secs(7),
            vus: 3,
            vus_max: 10,
            vus_planned: 8,
            rate: Some(10.0),
            started: 50,
            dropped: 0,
            iterations: None,
            progress: 0.25,
        }
    }

    #[test]
    fn the_progress_block_says_how_the_test_and_each_scenario_stand() {
        let status = Status {
            phase: Phase::Running,
            paused: false,
            stop: None,
            tainted: false,
            elapsed: Duration::from_millis(5_000),
            total: Some(Duration::from_secs(90)),
            line_start_unix_nanos: None,
            vus: 3,
            vus_max: 12,
            vus_planned: 12,
            setup_data: None,
            iterations_completed: 123,
            iterations_interrupted: 0,
            scenarios: vec![
                scenario("buy", ScenarioPhase::Running),
                scenario("look", ScenarioPhase::Waiting),
            ],
        };
        assert_eq!(
            block(&status, true),
            "\nrunning (0m05.0s), 03/12 VUs, 123 complete and 0 interrupted iterations\n\
             buy    [========>-----------------------------] 03/10 VUs  0m05.0s/1m0s  010.00 iters/s\n\
             look • [========>-----------------------------] waiting  07.0s\n"
        );
        assert!(block(&status, false).contains("buy    [  25% ] 03/10 VUs"));
    }
}
