//! A scenario as people write it: k6's option names (or the same in snake_case), every field optional. What is missing,
//! misplaced or out of range is found by [`resolve`], all of it at once, and only then becomes a [`Plan`](crate::Plan).

mod resolve;
mod shortcuts;
mod values;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize, de::IgnoredAny};

pub use self::{
    resolve::{PlanError, resolve},
    shortcuts::{Derived, Shortcuts},
    values::{CountValue, LengthValue},
};
use crate::DurationValue;

/// One entry of `scenarios`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = accept_snake_case)]
pub struct ScenarioSettings {
    /// Which executor: constant-vus, ramping-vus, per-vu-iterations, shared-iterations, constant-arrival-rate or
    /// ramping-arrival-rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// When it begins, counted from the end of setup. Default 0.
    #[serde(alias = "start_time", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<DurationValue>,
    /// How long iterations may go on after its regular end. Default 30s.
    #[serde(alias = "graceful_stop", skip_serializing_if = "Option::is_none")]
    pub graceful_stop: Option<DurationValue>,
    /// The exported function to call. Default `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<String>,
    /// Laid over `__ENV` in this scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// On all samples of this scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// VUs, of the whole test. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vus: Option<CountValue>,
    /// How long, or "forever".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<LengthValue>,
    /// ramping-vus: VUs at the start. Default 1.
    #[serde(
        rename = "startVUs",
        alias = "start_vus",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_vus: Option<CountValue>,
    /// Ramps, one after another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<StageSettings>>,
    /// ramping-vus: how long the iteration of a VU that is ramped down may go on. Default 30s.
    #[serde(alias = "graceful_ramp_down", skip_serializing_if = "Option::is_none")]
    pub graceful_ramp_down: Option<DurationValue>,
    /// Iterations, of each VU or of all together. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations: Option<CountValue>,
    /// No iteration starts later. Default 10m.
    #[serde(alias = "max_duration", skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<DurationValue>,
    /// constant-arrival-rate: iterations to start per time unit, by the whole test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<CountValue>,
    /// What rates count by. Default 1s.
    #[serde(alias = "time_unit", skip_serializing_if = "Option::is_none")]
    pub time_unit: Option<DurationValue>,
    /// Arrival rates: VUs made before the start.
    #[serde(
        rename = "preAllocatedVUs",
        alias = "pre_allocated_vus",
        skip_serializing_if = "Option::is_none"
    )]
    pub pre_allocated_vus: Option<CountValue>,
    /// Arrival rates: VUs that may be made. Default: as many as before the start.
    #[serde(
        rename = "maxVUs",
        alias = "max_vus",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_vus: Option<CountValue>,
    /// ramping-arrival-rate: the rate at the beginning. Default 0.
    #[serde(alias = "start_rate", skip_serializing_if = "Option::is_none")]
    pub start_rate: Option<CountValue>,
    /// Arrival rates: what becomes of a start that finds no VU, "drop" (default) or "queue".
    #[serde(alias = "on_exhausted", skip_serializing_if = "Option::is_none")]
    pub on_exhausted: Option<String>,
    /// Fields that nothing knows, kept to be named in an error.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// One entry of `stages`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = accept_snake_case)]
pub struct StageSettings {
    /// How long the ramp takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<DurationValue>,
    /// VUs, or iterations per time unit, at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<CountValue>,
    /// Fields that nothing knows, kept to be named in an error.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// Names of fields that nothing knows. Their values are of no interest.
pub type Unknown = BTreeMap<String, IgnoredAny>;

impl ScenarioSettings {
    /// The fields that `executor` has, in k6's spelling; empty for an executor that does not exist.
    #[must_use]
    pub fn fields_of(executor: &str) -> Vec<&'static str> {
        let own: &[&str] = match executor {
            "constant-vus" => &["vus", "duration"],
            "ramping-vus" => &["startVUs", "stages", "gracefulRampDown"],
            "per-vu-iterations" | "shared-iterations" => &["vus", "iterations", "maxDuration"],
            "constant-arrival-rate" => &[
                "rate",
                "timeUnit",
                "duration",
                "preAllocatedVUs",
                "maxVUs",
                "onExhausted",
            ],
            "ramping-arrival-rate" => &[
                "startRate",
                "timeUnit",
                "stages",
                "preAllocatedVUs",
                "maxVUs",
                "onExhausted",
            ],
            _ => return Vec::new(),
        };
        let common = [
            "executor",
            "startTime",
            "gracefulStop",
            "exec",
            "env",
            "tags",
        ];
        common.iter().chain(own).copied().collect()
    }

    /// The fields that only some executors have and that are set here.
    fn set_fields(&self) -> Vec<&'static str> {
        let fields = [
            ("vus", self.vus.is_some()),
            ("duration", self.duration.is_some()),
            ("startVUs", self.start_vus.is_some()),
            ("stages", self.stages.is_some()),
            ("gracefulRampDown", self.graceful_ramp_down.is_some()),
            ("iterations", self.iterations.is_some()),
            ("maxDuration", self.max_duration.is_some()),
            ("rate", self.rate.is_some()),
            ("timeUnit", self.time_unit.is_some()),
            ("preAllocatedVUs", self.pre_allocated_vus.is_some()),
            ("maxVUs", self.max_vus.is_some()),
            ("startRate", self.start_rate.is_some()),
            ("onExhausted", self.on_exhausted.is_some()),
        ];
        fields
            .into_iter()
            .filter(|&(_, set)| set)
            .map(|(name, _)| name)
            .collect()
    }
}

/// Adds the snake_case twin of every camelCase property to a schema, and refuses all others.
fn accept_snake_case(schema: &mut Schema) {
    if let Some(properties) = schema
        .get_mut("properties")
        .and_then(|properties| properties.as_object_mut())
    {
        let twins: Vec<_> = properties
            .iter()
            .filter(|(name, _)| name.contains(char::is_uppercase))
            .map(|(name, property)| (snake_case(name), property.clone()))
            .collect();
        properties.extend(twins);
    }
    schema.insert("additionalProperties".into(), false.into());
}

/// `preAllocatedVUs` as `pre_allocated_vus`.
fn snake_case(name: &str) -> String {
    let name = name.replace("VUs", "Vus");
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests;
