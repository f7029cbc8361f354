//! What a receiver of OTLP was told of a metric.

use loadd_tests::{
    otlp::{KeyValue, Metric, Metrics, Number},
    receiver::Received,
};
use prost::Message as _;

/// The newest value of `NAME{attribute=value,resource.attribute=value}`: a sum over its series; of a distribution its count.
pub(crate) fn last(selector: &str, told: &[Received]) -> Result<f64, String> {
    let (name, rest) = selector.split_once('{').unwrap_or((selector, "}"));
    let wanted: Vec<(&str, &str)> = rest
        .trim_end_matches('}')
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let (mut newest, mut names) = (None, Vec::new());
    for request in told {
        let metrics = Metrics::decode(request.protobuf()).map_err(|error| error.to_string())?;
        for resource in &metrics.resources {
            let who = resource.resource.iter().flat_map(|who| &who.attributes);
            let who: Vec<_> = who
                .map(|one| (format!("resource.{}", one.key), text(one)))
                .collect();
            for metric in resource.scopes.iter().flat_map(|scope| &scope.metrics) {
                names.push(metric.name.clone());
                if metric.name != name {
                    continue;
                }
                let matching: Vec<f64> = points(metric)
                    .into_iter()
                    .filter(|(_, attributes)| {
                        wanted.iter().all(|(key, value)| {
                            let of = |all: &[(String, String)]| {
                                all.iter().any(|(k, v)| k == key && v == value)
                            };
                            of(attributes) || of(&who)
                        })
                    })
                    .map(|(value, _)| value)
                    .collect();
                if !matching.is_empty() {
                    newest = Some(matching.iter().sum());
                }
            }
        }
    }
    names.sort();
    names.dedup();
    newest.ok_or_else(|| format!("nothing of the kind; there are {}", names.join(", ")))
}

fn points(metric: &Metric) -> Vec<(f64, Vec<(String, String)>)> {
    let labels = |attributes: &[KeyValue]| {
        attributes
            .iter()
            .map(|one| (one.key.clone(), text(one)))
            .collect()
    };
    let number = |point: &Number| {
        let value = point
            .double
            .or_else(|| point.whole.map(|whole| whole as f64));
        (value.unwrap_or(f64::NAN), labels(&point.attributes))
    };
    let numbers = metric.sum.iter().flat_map(|sum| &sum.points);
    let numbers = numbers.chain(metric.gauge.iter().flat_map(|gauge| &gauge.points));
    // The marker of a series that has ended has no value.
    let numbers = numbers.filter(|point| point.flags == 0);
    let exponential = metric.exponential.iter().flat_map(|all| &all.points);
    let explicit = metric.explicit.iter().flat_map(|all| &all.points);
    let exponential = exponential.filter(|point| point.flags == 0);
    let explicit = explicit.filter(|point| point.flags == 0);
    numbers
        .map(number)
        .chain(exponential.map(|point| (point.count as f64, labels(&point.attributes))))
        .chain(explicit.map(|point| (point.count as f64, labels(&point.attributes))))
        .collect()
}

fn text(one: &KeyValue) -> String {
    let value = one.value.as_ref();
    let text = value.and_then(|value| value.text.clone());
    let whole = value
        .and_then(|value| value.whole)
        .map(|whole| whole.to_string());
    text.or(whole).unwrap_or_default()
}
