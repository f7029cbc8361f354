//! What the whole test does, and which part of it falls to this worker.

use std::collections::BTreeMap;

use loadd_script::Bundle;
use loadd_timeline::{
    Plan, ScenarioSettings, Segment, SegmentSequence, Share, Shortcuts, StartAt, StartAtError,
};

use super::check::Check;
use crate::config::{
    file::TestFile, keys, layers::Merged, problem::Problem, surroundings::Surroundings,
    test::Worker,
};

/// Which worker this is; index without count, or count without index, is an error.
pub(crate) fn worker(
    file: &TestFile,
    merged: &Merged,
    around: &Surroundings,
    problems: &mut Vec<Problem>,
) -> Option<Worker> {
    let mut check = Check { merged, problems };
    let weights = file
        .workers
        .weights
        .as_ref()
        .map(|weights| weights.len() as u64);
    let count = match file.workers.count {
        Some(count) => Some(check.count(&["workers", "count"], count, 1)?),
        None => weights,
    };
    let index = match file.workers.index {
        Some(index) => Some(check.count(&["workers", "index"], index, 0)?),
        None => count.and_then(|_| around.worker_index()),
    };
    match (index, count) {
        (None, None) => None,
        (Some(index), Some(count)) => {
            if let Some(weights) = weights.filter(|weights| *weights != count) {
                check.problem(
                    &["workers", "weights"],
                    format!("has {weights} entries for {count} workers"),
                    "one weight for each worker",
                );
            } else if index >= count {
                let help = format!("indexes go from 0 to {}", count - 1);
                check.problem(
                    &["workers", "index"],
                    format!("{index} is not below the count {count}"),
                    help,
                );
            } else {
                return Some(Worker { index, count });
            }
            None
        }
        (Some(_), None) => {
            check.problem(
                &["workers", "index"],
                "is set without workers.count",
                "set workers.count to the number of workers",
            );
            None
        }
        (None, Some(_)) => {
            let help =
                "set workers.index (or LOADD_WORKERS__INDEX) to this worker's number, from 0";
            check.problem(&["workers", "count"], "is set without workers.index", help);
            None
        }
    }
}

impl Check<'_> {
    pub(super) fn plan(
        &mut self,
        file: &TestFile,
        bundle: &Bundle,
        warnings: &mut Vec<String>,
    ) -> (Plan, BTreeMap<String, ScenarioSettings>) {
        let shortcuts = Shortcuts {
            vus: file.vus,
            duration: file.duration,
            iterations: file.iterations,
            stages: file.stages.clone(),
        };
        let scenarios = match shortcuts.derive(file.scenarios.as_ref()) {
            Ok(derived) => {
                warnings.extend(derived.warnings);
                derived.scenarios
            }
            Err(errors) => {
                self.plan_problems(errors, file);
                return (Plan::default(), BTreeMap::new());
            }
        };
        let plan = loadd_timeline::resolve(&scenarios).unwrap_or_else(|errors| {
            self.plan_problems(errors, file);
            Plan::default()
        });
        for (name, scenario) in &scenarios {
            let exec = scenario.exec.as_deref().unwrap_or("default");
            if !exec.is_empty() && !bundle.functions.contains(exec) {
                let exports: Vec<_> = bundle.functions.iter().map(String::as_str).collect();
                let help = format!(
                    "the script exports {}",
                    if exports.is_empty() {
                        "no function".into()
                    } else {
                        exports.join(", ")
                    }
                );
                self.problem(
                    &["scenarios", name, "exec"],
                    format!("function '{exec}' not found in exports"),
                    help,
                );
            }
        }
        (plan, scenarios)
    }

    pub(super) fn plan_problems(
        &mut self,
        errors: Vec<loadd_timeline::PlanError>,
        file: &TestFile,
    ) {
        for error in errors {
            let field = keys::to_snake(&error.field);
            let of_scenario = file
                .scenarios
                .as_ref()
                .is_some_and(|scenarios| scenarios.contains_key(&error.scenario));
            let mut path: Vec<&str> = if of_scenario {
                vec!["scenarios", &error.scenario]
            } else {
                Vec::new()
            };
            path.extend(field.split(['.', '[', ']']).filter(|part| !part.is_empty()));
            self.problem(&path, error.message, "");
        }
    }

    pub(super) fn share(&mut self, file: &TestFile, worker: Option<Worker>) -> Share {
        let segment = file.execution_segment.as_deref();
        let sequence = file.execution_segment_sequence.as_deref();
        let key = if segment.is_some() {
            "execution_segment"
        } else {
            "execution_segment_sequence"
        };
        if segment.is_some() || sequence.is_some() {
            if worker.is_some() {
                self.problem(
                    &[key],
                    "divides a load that [workers] divides already",
                    "keep one of the two",
                );
                return Share::whole();
            }
            return self
                .segment(segment.unwrap_or("0:1"), sequence)
                .unwrap_or_else(|error| {
                    self.problem(&[key], error.to_string(), "");
                    Share::whole()
                });
        }
        let Some(Worker { index, count }) = worker.filter(|_| file.workers.divide != Some(false))
        else {
            return Share::whole();
        };
        let (share, key) = match &file.workers.weights {
            None => (Share::worker(index, count), "index"),
            Some(weights) => {
                let weights: Vec<u64> = weights
                    .iter()
                    .map(|weight| u64::try_from(weight.0).unwrap_or(0))
                    .collect();
                (Share::weighted(index, &weights), "weights")
            }
        };
        share.unwrap_or_else(|error| {
            self.problem(&["workers", key], error.to_string(), "");
            Share::whole()
        })
    }

    pub(super) fn segment(
        &self,
        segment: &str,
        sequence: Option<&str>,
    ) -> Result<Share, loadd_timeline::SegmentError> {
        let segment: Segment = segment.parse()?;
        let sequence = sequence.map(str::parse::<SegmentSequence>).transpose()?;
        Share::segment(segment, sequence.as_ref())
    }

    pub(super) fn start_at(&mut self, file: &TestFile) -> StartAt {
        let (path, text): (&[&str], _) = match (&file.start_at, &file.workers.start_at) {
            (Some(_), Some(_)) => {
                self.problem(
                    &["workers", "start_at"],
                    "is said at the top of the file already",
                    "keep one of the two",
                );
                return StartAt::Now;
            }
            (Some(text), None) => (&["start_at"], text),
            (None, Some(text)) => (&["workers", "start_at"], text),
            (None, None) => return StartAt::Now,
        };
        text.parse().unwrap_or_else(|error: StartAtError| {
            self.problem(path, error.to_string(), "");
            StartAt::Now
        })
    }
}
