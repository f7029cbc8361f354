//! Outputs that write every sample: the tap into the engine, the thread that writes, and its last word.

use std::{collections::BTreeMap, sync::Arc};

use loadd_metrics::{Selector, SystemTag, TapSink, tap};
use loadd_outputs::{
    MetricFacts, SampleFacts, SampleFiles, SampleFormat, SampleOutput, SampleTarget,
};
use serde_json::Value;

use super::fail;
use crate::{
    config::{
        ResolvedTest,
        outs::{FileForm, FileOut},
    },
    terminal::{exit::Exit, screen},
};

/// Opens the files and starts to write; what the engine fills is given beside it.
pub(super) fn start(test: &ResolvedTest) -> Result<Option<(TapSink, SampleFiles)>, Exit> {
    if test.files.is_empty() {
        return Ok(None);
    }
    let (sink, feed) = tap();
    let outputs = test.files.iter().map(output).collect();
    let registry = Arc::clone(&test.registry);
    SampleFiles::start(outputs, &facts(test), registry, feed)
        .map(|files| Some((sink, files)))
        .map_err(|error| fail(&format!("cannot start the outputs: {error}"), Exit::Other))
}

fn output(out: &FileOut) -> SampleOutput {
    SampleOutput {
        format: match out.form {
            FileForm::Json => SampleFormat::Json,
            FileForm::Csv(time) => SampleFormat::Csv { time },
        },
        target: match &out.path {
            Some(path) => SampleTarget::File(path.clone()),
            None => SampleTarget::Stream(Box::new(screen::Stdout)),
        },
        flush_every: out.flush_every,
    }
}

/// Thresholds and submetrics of each metric.
fn facts(test: &ResolvedTest) -> SampleFacts {
    let mut metrics: BTreeMap<String, MetricFacts> = BTreeMap::new();
    let options: Value = serde_json::from_str(&test.options_json).unwrap_or(Value::Null);
    let thresholds = options.get("thresholds").and_then(Value::as_object);
    for (key, list) in thresholds.into_iter().flatten() {
        let Ok(selector) = Selector::parse(key) else {
            continue;
        };
        let facts = metrics.entry(selector.metric().to_owned()).or_default();
        if selector.text().is_some() {
            facts.submetrics.push(selector);
        } else {
            let list = list.as_array().into_iter().flatten();
            facts.thresholds.extend(list.map(Value::to_string));
        }
    }
    let always = "http_req_duration{expected_response:true}";
    if test.system_tags.contains(SystemTag::ExpectedResponse)
        && let Ok(selector) = Selector::parse(always)
    {
        let facts = metrics.entry(selector.metric().to_owned()).or_default();
        if facts.submetrics.iter().all(|known| known.name() != always) {
            facts.submetrics.push(selector);
        }
    }
    SampleFacts {
        metrics,
        system_tags: test.system_tags,
    }
}
