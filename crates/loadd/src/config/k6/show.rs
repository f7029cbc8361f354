//! Options for looking at: what `inspect` and `init` show, and what an archive keeps.

use std::sync::Arc;

use loadd_metrics::{SystemTag, SystemTags};
use serde_json::{Map, Value};

use super::{Gathered, Purpose, RunRequest, gather, refuse};
use crate::config::{
    forms, inspect, layers::Voice, options, problem::Refusal, resolve, surroundings::Surroundings,
    unsupported,
};

/// The options of the script alone, as `inspect` prints them.
pub(crate) fn options_of(request: &RunRequest, around: &Surroundings) -> Result<String, Refusal> {
    let gathered = gather(request, around, Purpose::Inspect)?;
    let mut problems = Vec::new();
    let mut options = match &gathered.archive {
        Some(archive) => archive.options.clone(),
        None => {
            let options = gathered.bundle.options.as_object();
            options.cloned().unwrap_or_default()
        }
    };
    options.retain(|_, value| !value.is_null());
    // Only what has a wrong form is refused here; whether it makes sense together is the run's affair.
    let own = gathered
        .merged
        .alone(|voice| matches!(voice, Voice::Script(_)));
    forms::read(&own, &mut problems);
    if !problems.is_empty() {
        return Err(refuse(problems));
    }
    Ok(inspect::text(&inspect::shown(&options), true))
}

/// The options with the environment over them, validated, with the scenarios that they amount to and what those need.
pub(crate) fn requirements(request: &RunRequest, around: &Surroundings) -> Result<String, Refusal> {
    let gathered = gather(request, around, Purpose::Inspect)?;
    let mut options = consolidated(&gathered);
    let tags: Vec<&str> = SystemTags::default()
        .iter()
        .map(SystemTag::as_str)
        .collect();
    let Gathered {
        bundle,
        merged,
        way,
        problems,
        ..
    } = gathered;
    let test =
        resolve::resolve(&merged, Arc::new(bundle), way, problems, Vec::new()).map_err(refuse)?;
    let derived: Value = serde_json::from_str(&test.options_json).unwrap_or(Value::Null);
    options.insert("scenarios".to_owned(), derived["scenarios"].clone());
    options.insert(
        "summaryTrendStats".to_owned(),
        test.summary.trend_stats.clone().into(),
    );
    let mut tags = match options.get("systemTags").and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(Value::as_str).collect(),
        None => tags,
    };
    tags.sort_unstable();
    let tags = Value::from(tags);
    options.insert("systemTags".to_owned(), tags);
    let mut shown = inspect::shown(&options);
    let length = test.plan.total_duration(&test.share);
    let length = length.map_or_else(|| "forever".to_owned(), |length| length.to_string());
    shown.push(("totalDuration", length.into()));
    shown.push(("maxVUs", test.plan.max_vus(&test.share).into()));
    Ok(inspect::text(&shown, true))
}

/// The script's options with the scenarios that they amount to, each value as k6 writes it.
pub(crate) fn derived(
    request: &RunRequest,
    around: &Surroundings,
) -> Result<Map<String, Value>, Refusal> {
    let gathered = gather(request, around, Purpose::Run)?;
    let mut options = consolidated(&gathered);
    let Gathered {
        bundle,
        merged,
        way,
        problems,
        ..
    } = gathered;
    let test =
        resolve::resolve(&merged, Arc::new(bundle), way, problems, Vec::new()).map_err(refuse)?;
    let derived: Value = serde_json::from_str(&test.options_json).unwrap_or(Value::Null);
    options.insert("scenarios".to_owned(), derived["scenarios"].clone());
    let shown = inspect::shown(&options).into_iter();
    Ok(shown.map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The merged options in k6's spelling, short cuts as they are.
pub(in crate::config) fn consolidated(gathered: &Gathered) -> Map<String, Value> {
    let mut options = options::as_k6(&gathered.merged.map);
    for key in unsupported::FREE {
        let free = match &gathered.archive {
            Some(archive) => archive.options.get(*key),
            None => gathered.bundle.options.get(*key),
        };
        if let Some(value) = free {
            options.insert((*key).to_owned(), value.clone());
        }
    }
    options
}
