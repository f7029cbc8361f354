//! `loadd check`: all that is wrong with a test, and what it and this worker will do.

use std::fmt::Write;

use clap::Args;
use loadd_timeline::{Executor, Length, Offset, ScenarioPlan, Share};

use super::{ConfigPath, refused};
use crate::{
    config::{self, ResolvedTest, Surroundings},
    terminal::{complaint, exit::Exit, screen},
};

/// Flags of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The test's TOML file
    #[arg(long, value_name = "FILE")]
    config: ConfigPath,
    /// Also do one iteration of each exec function (not supported yet)
    #[arg(long, hide = true)]
    smoke: bool,
}

/// Checks.
pub(super) fn run(args: &CheckArgs) -> Exit {
    if args.smoke {
        complaint::line("--smoke: not supported yet");
        return Exit::Other;
    }
    let around = Surroundings::look().without_network();
    match config::daemon(&args.config, serde_json::Map::new(), &around) {
        Ok(test) => {
            screen::print(&report(&test));
            Exit::Ok
        }
        Err(refusal) => refused(&refusal),
    }
}

/// What the whole test does, and this worker's share of it.
pub(crate) fn report(test: &ResolvedTest) -> String {
    let mut out = format!(
        "test {}, instance {}, script {}\n",
        test.test_id, test.instance, test.bundle.display_name
    );
    let share = match test.worker {
        Some(worker) if test.share.is_whole() => format!(
            "worker {} of {}, each with the full load",
            worker.index, worker.count
        ),
        Some(worker) => format!("worker {} of {}", worker.index, worker.count),
        None if test.share.is_whole() => "the only worker".into(),
        None => format!("execution segment {}", test.share.own_segment()),
    };
    let planned = test.plan.planned_vus(&test.share);
    let most = test.plan.max_vus(&test.share);
    let length = test
        .plan
        .total_duration(&test.share)
        .map_or("no end".into(), |end| {
            format!("ends after {end} at the latest")
        });
    let lines = [
        format!(
            "this is {share} ({:.2}% of the load); {planned} VUs at the start, at most {most}; {length}",
            test.share.fraction() * 100.0
        ),
        format!("start: {}", test.start_at),
    ];
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&table(test));
    for text in test.notices.iter().chain(&test.warnings) {
        writeln!(out, "\nnote: {text}").expect("writing into a String cannot fail");
    }
    out
}

const HEAD: [&str; 8] = [
    "scenario",
    "executor",
    "exec",
    "starts at",
    "length",
    "load",
    "whole test",
    "this worker",
];

fn table(test: &ResolvedTest) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    for scenario in &test.plan.scenarios {
        rows.extend(rows_of(scenario, &test.share));
    }
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

fn rows_of(scenario: &ScenarioPlan, share: &Share) -> Vec<[String; 8]> {
    let whole = amounts(scenario, &Share::whole());
    let own = amounts(scenario, share);
    let length = match scenario.executor.length() {
        Length::For(length) => length.to_string(),
        Length::Forever => "forever".into(),
    };
    let facts = [
        scenario.name.clone(),
        scenario.executor.type_name().to_owned(),
        scenario.exec.clone(),
        scenario.start_time.to_string(),
        length,
    ];
    let mut rows = Vec::new();
    for (index, ((what, whole), (_, own))) in whole.into_iter().zip(own).enumerate() {
        let [name, executor, exec, start, length] = if index == 0 {
            facts.clone()
        } else {
            std::array::from_fn(|_| String::new())
        };
        rows.push([
            name,
            executor,
            exec,
            start,
            length,
            what.to_owned(),
            whole,
            own,
        ]);
    }
    rows
}

/// Rate, VUs and iterations of a share.
fn amounts(scenario: &ScenarioPlan, share: &Share) -> Vec<(&'static str, String)> {
    let count = |count: u64| share.scale(count).to_string();
    let rate = |per_unit: u64, unit: u64, max_vus: u64| {
        let part = share
            .stripe_rescaled(max_vus)
            .map_or(0.0, |stripe| stripe.density());
        format!("{:.3}/s", per_unit as f64 * 1e9 / unit as f64 * part)
    };
    match &scenario.executor {
        Executor::ConstantVus { vus, .. } => vec![("VUs", count(*vus))],
        Executor::RampingVus {
            start_vus, stages, ..
        } => {
            let most = stages
                .iter()
                .map(|stage| stage.target)
                .fold(*start_vus, u64::max);
            vec![
                ("VUs at the start", count(*start_vus)),
                ("VUs at most", count(most)),
            ]
        }
        Executor::PerVuIterations {
            vus, iterations, ..
        } => {
            vec![
                ("VUs", count(*vus)),
                ("iterations", (share.scale(*vus) * iterations).to_string()),
            ]
        }
        Executor::SharedIterations {
            vus, iterations, ..
        } => {
            let own = share
                .stripe_rescaled(*vus)
                .map_or(0, |stripe| stripe.owned_below(*iterations));
            vec![("VUs", count(*vus)), ("iterations", own.to_string())]
        }
        Executor::ConstantArrivalRate {
            rate: per_unit,
            time_unit,
            pre_allocated_vus,
            max_vus,
            duration,
            ..
        } => {
            let mut rows = vec![
                ("rate", rate(*per_unit, time_unit.0, *max_vus)),
                ("VUs at the start", count(*pre_allocated_vus)),
                ("VUs at most", count(*max_vus)),
            ];
            if let Length::For(length) = duration {
                let starts = (u128::from(*per_unit) * u128::from(length.0))
                    .div_ceil(u128::from(time_unit.0));
                let starts = u64::try_from(starts).unwrap_or(u64::MAX);
                let own = share
                    .stripe_rescaled(*max_vus)
                    .map_or(0, |stripe| stripe.owned_below(starts));
                rows.push(("iterations", own.to_string()));
            }
            rows
        }
        Executor::RampingArrivalRate {
            start_rate,
            time_unit,
            stages,
            pre_allocated_vus,
            max_vus,
            ..
        } => {
            let most = stages
                .iter()
                .map(|stage| stage.target)
                .fold(*start_rate, u64::max);
            let mut rows = vec![
                (
                    "rate at the start",
                    rate(*start_rate, time_unit.0, *max_vus),
                ),
                ("rate at most", rate(most, time_unit.0, *max_vus)),
                ("VUs at the start", count(*pre_allocated_vus)),
                ("VUs at most", count(*max_vus)),
            ];
            let starts = scenario.arrivals(share, (0, 1));
            let own = starts.map_or(0, |starts| {
                // The last start of a ramp may be due exactly at its end.
                let end = starts.end().unwrap_or_default();
                starts.starts_before(Offset(end.0.saturating_add(1)))
            });
            rows.push(("iterations", own.to_string()));
            rows
        }
    }
}
