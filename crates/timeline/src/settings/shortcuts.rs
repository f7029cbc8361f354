//! The shortcuts `vus`, `duration`, `iterations` and `stages` at the top of the options, and the one scenario `default` that
//! k6 makes of them. Works on options whose layers are merged.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CountValue, LengthValue, PlanError, ScenarioSettings, StageSettings};

/// The four shortcuts. Read beside other keys: unknown ones are the reader's affair.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shortcuts {
    /// VUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vus: Option<CountValue>,
    /// How long, or "forever".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<LengthValue>,
    /// Iterations, shared among the VUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations: Option<CountValue>,
    /// Ramps of VUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<StageSettings>>,
}

/// What became of shortcuts and scenarios.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Derived {
    /// To be resolved.
    pub scenarios: BTreeMap<String, ScenarioSettings>,
    /// To be said aloud.
    pub warnings: Vec<String>,
}

const DEFAULT: &str = "default";

impl Shortcuts {
    /// The scenarios that hold: the one that the shortcuts stand for, or the ones given. `scenarios` is `None` where the
    /// key is absent; an empty one conflicts as well.
    ///
    /// # Errors
    /// Where two of them contradict each other.
    pub fn derive(
        &self,
        scenarios: Option<&BTreeMap<String, ScenarioSettings>>,
    ) -> Result<Derived, Vec<PlanError>> {
        let stages = self.stages.as_deref().filter(|stages| !stages.is_empty());
        if self.iterations.is_some() {
            self.refuse(
                "iterations",
                stages.is_some(),
                scenarios.is_some(),
                self.iterations_rules(),
            )?;
            return Ok(one(self.shared_iterations()));
        }
        if let Some(duration) = self.duration {
            self.refuse(
                "duration",
                stages.is_some(),
                scenarios.is_some(),
                positive(duration),
            )?;
            return Ok(one(ScenarioSettings {
                executor: Some("constant-vus".into()),
                vus: self.vus,
                duration: Some(duration),
                ..ScenarioSettings::default()
            }));
        }
        if let Some(stages) = stages {
            self.refuse("stages", false, scenarios.is_some(), None)?;
            return Ok(one(self.ramping_vus(stages)));
        }
        match (self.vus, scenarios) {
            (Some(vus), scenarios) if self.stages.is_none() => Ok(only_vus(vus, scenarios)),
            (_, Some(scenarios)) if !scenarios.is_empty() => Ok(Derived {
                scenarios: scenarios.clone(),
                warnings: Vec::new(),
            }),
            (_, scenarios) => Ok(nothing(self.stages.is_some(), scenarios.is_some())),
        }
    }

    /// Conflicts of `field` with stages and scenarios, and what else is wrong with it.
    fn refuse(
        &self,
        field: &str,
        stages: bool,
        scenarios: bool,
        other: Option<PlanError>,
    ) -> Result<(), Vec<PlanError>> {
        let conflicts = [("stages", stages), ("scenarios", scenarios)]
            .into_iter()
            .filter(|&(_, set)| set);
        let mut errors: Vec<_> = conflicts
            .map(|(with, _)| wrong(field, format!("cannot be set together with {with}")))
            .collect();
        errors.extend(other);
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    fn iterations_rules(&self) -> Option<PlanError> {
        match self.duration? {
            LengthValue::Forever => Some(wrong(
                "duration",
                "cannot be \"forever\" where iterations is set".into(),
            )),
            LengthValue::For(_) => None,
        }
    }

    fn shared_iterations(&self) -> ScenarioSettings {
        let max_duration = self.duration.and_then(|duration| match duration {
            LengthValue::For(duration) => Some(duration),
            LengthValue::Forever => None,
        });
        ScenarioSettings {
            executor: Some("shared-iterations".into()),
            vus: self.vus,
            iterations: self.iterations,
            max_duration,
            ..ScenarioSettings::default()
        }
    }

    /// Entries without a duration are dropped, as k6 does; their unknown fields are ignored, as k6 does.
    fn ramping_vus(&self, stages: &[StageSettings]) -> ScenarioSettings {
        let stages = stages
            .iter()
            .filter(|stage| stage.duration.is_some())
            .map(|stage| StageSettings {
                unknown: BTreeMap::new(),
                ..stage.clone()
            })
            .collect();
        ScenarioSettings {
            executor: Some("ramping-vus".into()),
            start_vus: self.vus,
            stages: Some(stages),
            ..ScenarioSettings::default()
        }
    }
}

fn wrong(field: &str, message: String) -> PlanError {
    PlanError {
        scenario: DEFAULT.into(),
        field: field.into(),
        message,
    }
}

fn positive(duration: LengthValue) -> Option<PlanError> {
    match duration {
        LengthValue::For(duration) if duration.0 <= 0 => {
            Some(wrong("duration", format!("must be above 0, is {duration}")))
        }
        LengthValue::For(_) | LengthValue::Forever => None,
    }
}

fn one(scenario: ScenarioSettings) -> Derived {
    Derived {
        scenarios: BTreeMap::from([(DEFAULT.into(), scenario)]),
        warnings: Vec::new(),
    }
}

fn only_vus(vus: CountValue, scenarios: Option<&BTreeMap<String, ScenarioSettings>>) -> Derived {
    let mut derived = one(ScenarioSettings {
        executor: Some("shared-iterations".into()),
        vus: Some(vus),
        iterations: Some(vus),
        ..ScenarioSettings::default()
    });
    if scenarios.is_some_and(|scenarios| !scenarios.is_empty()) {
        derived
            .warnings
            .push("vus replaces all scenarios by one iteration of each VU".into());
    }
    derived
}

fn nothing(empty_stages: bool, empty_scenarios: bool) -> Derived {
    let mut derived = one(ScenarioSettings {
        executor: Some("per-vu-iterations".into()),
        vus: Some(CountValue(1)),
        iterations: Some(CountValue(1)),
        ..ScenarioSettings::default()
    });
    for (name, empty) in [("stages", empty_stages), ("scenarios", empty_scenarios)] {
        if empty {
            derived
                .warnings
                .push(format!("{name} is empty: one VU does one iteration"));
        }
    }
    derived
}
