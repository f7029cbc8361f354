//! Conformance with k6, judged from outside: every script below `cases/` runs through the binary, and its exit code, log,
//! summary, metrics, checks and requests are compared with the expectation in its head. Cases run side by side; most of
//! them wait more than they compute. `CASE=part-of-a-name` runs some of them, `CASES=folder` others than these, and
//! `CONFORMANCE_JOBS` says how many at a time.

#![expect(clippy::print_stderr, reason = "a test says how it went")]

mod case;
mod json;
mod judge;
mod outcome;
mod rest;
mod told;

use std::{
    env,
    fmt::Write as _,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use case::Case;
use loadd_tests::paths;

const JOBS: usize = 8;

#[test]
fn the_binary_does_what_every_case_says() {
    let began = Instant::now();
    let part = env::var("CASE").unwrap_or_default();
    let folder = env::var_os("CASES").map_or_else(
        || paths::project().join("tests/conformance/cases"),
        PathBuf::from,
    );
    let cases: Vec<Case> = case::collect(&folder)
        .into_iter()
        .filter(|case| case.name.contains(&part))
        .collect();
    assert!(!cases.is_empty(), "no case has `{part}` in its name");
    let jobs = env::var("CONFORMANCE_JOBS")
        .ok()
        .and_then(|text| text.parse().ok());
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Vec<String>)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.unwrap_or(JOBS) {
            scope.spawn(|| {
                while let Some((at, case)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(at).map(|case| (at, case))
                } {
                    let wrong = attempt(case);
                    found
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((at, wrong));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    let (mut report, mut failed, mut pending, mut passed) = (String::new(), 0, 0, 0);
    for (at, wrong) in &found {
        let case = &cases[*at];
        match (&case.pending, wrong.is_empty()) {
            (None, true) => passed += 1,
            (Some(why), false) => {
                pending += 1;
                eprintln!("pending: {}: {why}", case.name);
                if env::var_os("SHOW_PENDING").is_some() {
                    eprintln!("    {}", wrong.join("\n    "));
                }
            }
            (Some(_), true) => {
                failed += 1;
                let _ = writeln!(
                    report,
                    "{}: is met now: delete its `pending` line",
                    case.name
                );
            }
            (None, false) => {
                failed += 1;
                let _ = writeln!(report, "{}:\n    {}", case.name, wrong.join("\n    "));
            }
        }
    }
    eprintln!(
        "conformance: {passed} of {} cases hold, {pending} pending, {failed} failed, in {:.0} s",
        cases.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(failed == 0, "\n{report}");
}

/// What is wrong; a case that fails gets a second chance, for these machines stall at times, and says so if it took it.
fn attempt(case: &Case) -> Vec<String> {
    let once = || match outcome::run(case) {
        Ok(outcome) => {
            let mut wrong = judge::judge(case, &outcome);
            if !wrong.is_empty() {
                wrong.push(format!(
                    "--- standard error ---\n{}\n--- standard output ---\n{}",
                    clip(&outcome.log.join("\n")),
                    clip(&outcome.stdout)
                ));
            }
            wrong
        }
        Err(error) => vec![error],
    };
    let first = once();
    if first.is_empty() || case.pending.is_some() {
        return first;
    }
    let second = once();
    if second.is_empty() {
        eprintln!("only at the second attempt: {}: {}", case.name, first[0]);
    }
    second
}

/// The first part of a long text.
fn clip(text: &str) -> String {
    const LONGEST: usize = 2500;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text.to_owned(),
    }
}
