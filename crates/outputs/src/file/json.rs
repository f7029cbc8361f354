//! k6's JSON lines: a line for each metric before its first sample, then a line for each sample.

use std::collections::{BTreeMap, HashSet};

use loadd_metrics::{MetricId, Selector, TapSample};

use super::{Form, Known, MetricFacts, go, when::When};

pub(super) struct Json {
    facts: BTreeMap<String, MetricFacts>,
    when: When,
    /// Metrics whose line has been written.
    introduced: HashSet<MetricId>,
    /// By series: what stands before the time and after the value.
    frames: Vec<Option<Frame>>,
}

struct Frame {
    before: Vec<u8>,
    tags: Vec<u8>,
}

impl Json {
    pub(super) fn new(facts: BTreeMap<String, MetricFacts>) -> Json {
        Json {
            facts,
            when: When::local(),
            introduced: HashSet::new(),
            frames: Vec::new(),
        }
    }

    /// `{"type":"Metric",...}`
    fn introduce(&mut self, known: &Known, out: &mut Vec<u8>) {
        let metric = &known.metric;
        if !self.introduced.insert(metric.id) {
            return;
        }
        let none = MetricFacts::default();
        let facts = self.facts.get(&*metric.name).unwrap_or(&none);
        out.extend_from_slice(b"{\"type\":\"Metric\",\"data\":{\"name\":");
        go::text(&metric.name, out);
        let words = format!(
            ",\"type\":\"{}\",\"contains\":\"{}\",\"thresholds\":[{}],\"submetrics\":",
            metric.kind.as_str(),
            metric.contains.as_str(),
            facts.thresholds.join(","),
        );
        out.extend_from_slice(words.as_bytes());
        if facts.submetrics.is_empty() {
            out.extend_from_slice(b"null");
        } else {
            out.push(b'[');
            for (index, selector) in facts.submetrics.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                submetric(selector, out);
            }
            out.push(b']');
        }
        out.extend_from_slice(b"},\"metric\":");
        go::text(&metric.name, out);
        out.extend_from_slice(b"}\n");
    }
}

fn submetric(selector: &Selector, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"name\":");
    go::text(&selector.name(), out);
    out.extend_from_slice(b",\"suffix\":");
    go::text(selector.text().unwrap_or(""), out);
    out.extend_from_slice(b",\"tags\":");
    let pairs = selector.pairs().iter();
    go::map(
        pairs.map(|(name, value)| (name.as_str(), value.as_str())),
        out,
    );
    out.push(b'}');
}

impl Form for Json {
    fn sample(&mut self, series: usize, known: &Known, sample: &TapSample, out: &mut Vec<u8>) {
        if self.frames.len() <= series {
            self.frames.resize_with(series + 1, || None);
        }
        if self.frames[series].is_none() {
            self.introduce(known, out);
        }
        let frame = self.frames[series].get_or_insert_with(|| {
            let mut before = b"{\"metric\":".to_vec();
            go::text(&known.metric.name, &mut before);
            before.extend_from_slice(b",\"type\":\"Point\",\"data\":{\"time\":\"");
            let mut tags = b",\"tags\":".to_vec();
            go::map(known.tags.iter(), &mut tags);
            Frame { before, tags }
        });
        out.extend_from_slice(&frame.before);
        self.when.nano(sample.unix_nanos, out);
        out.extend_from_slice(b"\",\"value\":");
        go::number(sample.value, out);
        out.extend_from_slice(&frame.tags);
        if let Some(metadata) = sample.metadata.as_ref().filter(|pairs| !pairs.is_empty()) {
            out.extend_from_slice(b",\"metadata\":");
            go::map(
                metadata.iter().map(|(name, value)| (&**name, &**value)),
                out,
            );
        }
        out.extend_from_slice(b"}}\n");
    }
}
