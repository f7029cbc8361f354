//! From settings to a [`Plan`]: k6's rules for every field, all violations at once.

use std::{cell::RefCell, collections::BTreeMap};

use super::{CountValue, LengthValue, ScenarioSettings, StageSettings};
use crate::{DurationValue, Executor, Length, Offset, OnExhausted, Plan, ScenarioPlan, Stage};

/// k6's bound on the counts of ramps; ours on every count of VUs.
const MAX_COUNT: i64 = 100_000_000;

const SECOND: i64 = 1_000_000_000;

/// What is wrong with one field of one scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("scenario {scenario}: {field}: {message}")]
pub struct PlanError {
    /// The scenario's name.
    pub scenario: String,
    /// The field in k6's spelling; `stages[1].target` for one inside a list.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Checks all scenarios and orders them by start time, then name.
///
/// # Errors
/// Every violation in every scenario.
pub fn resolve(scenarios: &BTreeMap<String, ScenarioSettings>) -> Result<Plan, Vec<PlanError>> {
    let mut errors = Vec::new();
    let mut plans = Vec::with_capacity(scenarios.len());
    for (name, settings) in scenarios {
        let fields = Fields {
            name,
            settings,
            errors: RefCell::default(),
        };
        let plan = fields.scenario();
        match (plan, fields.errors.into_inner()) {
            (Some(plan), none) if none.is_empty() => plans.push(plan),
            (_, some) => errors.extend(some),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    // Stable: names are in order already.
    plans.sort_by_key(|plan| plan.start_time);
    Ok(Plan { scenarios: plans })
}

/// One scenario's settings and what has been found wrong with them. A check that fails notes its error and goes on with a
/// harmless value, so that one look finds everything; the value then never leaves here.
struct Fields<'a> {
    name: &'a str,
    settings: &'a ScenarioSettings,
    errors: RefCell<Vec<PlanError>>,
}

impl Fields<'_> {
    fn wrong(&self, field: impl Into<String>, message: impl Into<String>) {
        let (field, message) = (field.into(), message.into());
        self.errors.borrow_mut().push(PlanError {
            scenario: self.name.into(),
            field,
            message,
        });
    }

    /// `None` only where an error has been noted.
    fn scenario(&self) -> Option<ScenarioPlan> {
        let settings = self.settings;
        if self.name.is_empty()
            || !self
                .name
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
        {
            self.wrong(
                "name",
                "a scenario's name consists of letters, digits, - and _",
            );
        }
        let exec = settings.exec.clone().unwrap_or_else(|| "default".into());
        if exec.is_empty() {
            self.wrong("exec", "must name an exported function, and is empty");
        }
        let start_time = self.span("startTime", settings.start_time, 0, 0);
        let graceful_stop = self.span("gracefulStop", settings.graceful_stop, 30 * SECOND, 0);
        self.misplaced();
        Some(ScenarioPlan {
            name: self.name.into(),
            executor: self.executor()?,
            start_time,
            graceful_stop,
            exec,
            env: settings.env.clone().unwrap_or_default(),
            tags: settings.tags.clone().unwrap_or_default(),
        })
    }

    /// Fields that nothing knows, and fields of other executors.
    fn misplaced(&self) {
        let executor = self.settings.executor.as_deref().unwrap_or_default();
        let known = ScenarioSettings::fields_of(executor);
        for field in self.settings.unknown.keys() {
            match field.as_str() {
                "options" => self.wrong(field, "browser scenarios are not supported"),
                _ if known.is_empty() => self.wrong(field, "unknown field"),
                _ => self.wrong(
                    field,
                    format!("unknown field; {executor} has {}", known.join(", ")),
                ),
            }
        }
        for field in self.settings.set_fields() {
            if !known.is_empty() && !known.contains(&field) {
                self.wrong(
                    field,
                    format!("{executor} has no such field; it has {}", known.join(", ")),
                );
            }
        }
    }

    fn executor(&self) -> Option<Executor> {
        let settings = self.settings;
        Some(match settings.executor.as_deref() {
            Some("constant-vus") => {
                let vus = self.count("vus", settings.vus, Some(1), 1..=MAX_COUNT);
                Executor::ConstantVus {
                    vus,
                    duration: self.length(),
                }
            }
            Some("ramping-vus") => self.ramping_vus(),
            Some("per-vu-iterations") => Executor::PerVuIterations {
                vus: self.count("vus", settings.vus, Some(1), 1..=MAX_COUNT),
                iterations: self.count("iterations", settings.iterations, Some(1), 1..=i64::MAX),
                max_duration: self.max_duration(),
            },
            Some("shared-iterations") => self.shared_iterations(),
            Some("constant-arrival-rate") => {
                let rate = self.count("rate", settings.rate, None, 1..=i64::MAX);
                let time_unit = self.span("timeUnit", settings.time_unit, SECOND, 1);
                let duration = self.length();
                let (pre_allocated_vus, max_vus) = self.arrival_vus();
                let on_exhausted = self.on_exhausted();
                Executor::ConstantArrivalRate {
                    rate,
                    time_unit,
                    duration,
                    pre_allocated_vus,
                    max_vus,
                    on_exhausted,
                }
            }
            Some("ramping-arrival-rate") => {
                let start_rate =
                    self.count("startRate", settings.start_rate, Some(0), 0..=MAX_COUNT);
                let time_unit = self.span("timeUnit", settings.time_unit, SECOND, 1);
                let stages = self.stages();
                let (pre_allocated_vus, max_vus) = self.arrival_vus();
                let on_exhausted = self.on_exhausted();
                Executor::RampingArrivalRate {
                    start_rate,
                    time_unit,
                    stages,
                    pre_allocated_vus,
                    max_vus,
                    on_exhausted,
                }
            }
            Some("externally-controlled") => {
                self.wrong("executor", "externally-controlled was removed in k6 v2; use `loadd scale` on a running test");
                return None;
            }
            Some(other) => {
                let known = "constant-vus, ramping-vus, per-vu-iterations, shared-iterations, constant-arrival-rate, \
                             ramping-arrival-rate";
                self.wrong(
                    "executor",
                    format!("unknown executor \"{other}\"; there are {known}"),
                );
                return None;
            }
            None => {
                self.wrong("executor", "is required");
                return None;
            }
        })
    }

    fn ramping_vus(&self) -> Executor {
        let start_vus = self.count("startVUs", self.settings.start_vus, Some(1), 0..=MAX_COUNT);
        let stages = self.stages();
        let idle = start_vus == 0 && stages.iter().all(|stage| stage.target == 0);
        if idle
            && self
                .errors
                .borrow()
                .iter()
                .all(|error| error.field == "name")
        {
            self.wrong(
                "startVUs",
                "startVUs or the target of some stage must be above 0",
            );
        }
        let graceful_ramp_down = self.span(
            "gracefulRampDown",
            self.settings.graceful_ramp_down,
            30 * SECOND,
            0,
        );
        Executor::RampingVus {
            start_vus,
            stages,
            graceful_ramp_down,
        }
    }

    fn shared_iterations(&self) -> Executor {
        let vus = self.count("vus", self.settings.vus, Some(1), 1..=MAX_COUNT);
        let iterations = self.count(
            "iterations",
            self.settings.iterations,
            Some(1),
            1..=i64::MAX,
        );
        if iterations > 0 && iterations < vus {
            self.wrong(
                "iterations",
                format!("must be at least vus ({vus}), is {iterations}"),
            );
        }
        Executor::SharedIterations {
            vus,
            iterations,
            max_duration: self.max_duration(),
        }
    }

    fn arrival_vus(&self) -> (u64, u64) {
        let first = self.count(
            "preAllocatedVUs",
            self.settings.pre_allocated_vus,
            None,
            0..=MAX_COUNT,
        );
        let Some(most) = self.settings.max_vus else {
            return (first, first);
        };
        let most = self.count("maxVUs", Some(most), None, 0..=MAX_COUNT);
        if most < first {
            self.wrong(
                "maxVUs",
                format!("must be at least preAllocatedVUs ({first}), is {most}"),
            );
        }
        (first, most)
    }

    fn on_exhausted(&self) -> OnExhausted {
        match self.settings.on_exhausted.as_deref() {
            None | Some("drop") => OnExhausted::Drop,
            Some("queue") => OnExhausted::Queue,
            Some(other) => {
                self.wrong(
                    "onExhausted",
                    format!("must be \"drop\" or \"queue\", is \"{other}\""),
                );
                OnExhausted::Drop
            }
        }
    }

    fn stages(&self) -> Vec<Stage> {
        let stages = self.settings.stages.as_deref().unwrap_or_default();
        if stages.is_empty() {
            self.wrong("stages", "at least one stage is required");
        }
        stages
            .iter()
            .enumerate()
            .map(|(index, stage)| self.stage(index, stage))
            .collect()
    }

    fn stage(&self, index: usize, stage: &StageSettings) -> Stage {
        let field = |name: &str| format!("stages[{index}].{name}");
        for unknown in stage.unknown.keys() {
            self.wrong(
                field(unknown),
                "unknown field; a stage has duration, target",
            );
        }
        if stage.duration.is_none() {
            self.wrong(field("duration"), "is required");
        }
        let duration = self.span(&field("duration"), stage.duration, 0, 0);
        let target = self.count(&field("target"), stage.target, None, 0..=MAX_COUNT);
        Stage { duration, target }
    }

    fn max_duration(&self) -> Offset {
        self.span(
            "maxDuration",
            self.settings.max_duration,
            600 * SECOND,
            SECOND,
        )
    }

    /// The required `duration`, at least 1 s.
    fn length(&self) -> Length {
        match self.settings.duration {
            Some(LengthValue::Forever) => Length::Forever,
            Some(LengthValue::For(duration)) => {
                Length::For(self.span("duration", Some(duration), 0, SECOND))
            }
            None => {
                self.wrong("duration", "is required (a duration, or \"forever\")");
                Length::Forever
            }
        }
    }

    /// A duration of at least `min` ns.
    fn span(&self, field: &str, value: Option<DurationValue>, default: i64, min: i64) -> Offset {
        let value = value.unwrap_or(DurationValue(default));
        if value.0 < min {
            let rule = match min {
                0 => "must not be negative".into(),
                1 => "must be above 0".into(),
                min => format!("must be at least {}", DurationValue(min)),
            };
            self.wrong(field, format!("{rule}, is {value}"));
        }
        value.offset().unwrap_or_default()
    }

    /// A count within bounds; required where it has no default.
    fn count(
        &self,
        field: &str,
        value: Option<CountValue>,
        default: Option<i64>,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> u64 {
        let Some(value) = value.map(|value| value.0).or(default) else {
            self.wrong(field, "is required");
            return 0;
        };
        if value < *bounds.start() {
            let rule = if *bounds.start() == 1 {
                "must be above 0"
            } else {
                "must not be negative"
            };
            self.wrong(field, format!("{rule}, is {value}"));
        } else if value > *bounds.end() {
            self.wrong(
                field,
                format!("must be at most {}, is {value}", bounds.end()),
            );
        }
        u64::try_from(value).unwrap_or(0)
    }
}
