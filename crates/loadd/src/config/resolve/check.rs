//! [`Check`]: gives values their meaning and keeps what is wrong with them.

use std::time::Duration;

use loadd_timeline::{CountValue, DurationValue};

use crate::config::{layers::Merged, load::dotted, problem::Problem};

/// The least that a duration may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    Zero,
    AboveZero,
}

/// Reads values, and collects what is wrong with them at the place where it was set.
pub(super) struct Check<'c> {
    pub(super) merged: &'c Merged,
    pub(super) problems: &'c mut Vec<Problem>,
}

impl Check<'_> {
    pub(super) fn problem(
        &mut self,
        path: &[&str],
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let problem = Problem::new(dotted(&path), self.merged.origin(&path), message);
        let help = help.into();
        self.problems.push(if help.is_empty() {
            problem
        } else {
            problem.help(help)
        });
    }

    /// A count that is at least `least`; `None` where it is not.
    pub(super) fn count(&mut self, path: &[&str], count: CountValue, least: u64) -> Option<u64> {
        let value = u64::try_from(count.0).ok().filter(|count| *count >= least);
        if value.is_none() {
            self.problem(path, format!("{} is below {least}", count.0), "");
        }
        value
    }

    pub(super) fn counted(
        &mut self,
        path: &[&str],
        count: Option<CountValue>,
        default: u64,
        least: u64,
    ) -> u64 {
        count
            .and_then(|count| self.count(path, count, least))
            .unwrap_or(default)
    }

    pub(super) fn duration(
        &mut self,
        path: &[&str],
        value: Option<DurationValue>,
        default: Duration,
        least: Least,
    ) -> Duration {
        let Some(value) = value else { return default };
        match value.as_duration() {
            Some(duration) if least == Least::Zero || !duration.is_zero() => duration,
            Some(_) | None => {
                let bound = if least == Least::Zero {
                    "must not be negative"
                } else {
                    "must be above 0"
                };
                self.problem(path, format!("{bound}, is {value}"), "");
                default
            }
        }
    }
}
