//! Exemplars as fields of a `TimeSeries`: few series have one, so that they are built as messages rather than by hand.

use loadd_metrics::Exemplar;

use super::{v1, v2};

/// Appends the field of version 1.0.
pub(super) fn put_v1(exemplar: &Exemplar, out: &mut Vec<u8>) {
    let labels = exemplar.labels().map(|(name, value)| v1::Label {
        name: name.to_owned(),
        value,
    });
    let message = v1::Exemplar {
        labels: labels.into(),
        value: exemplar.value,
        timestamp: exemplar.time_ms,
    };
    prost::encoding::message::encode(3, &message, out);
}

/// Appends the field of version 2.0, whose strings get their references from `refer`.
pub(super) fn put_v2(exemplar: &Exemplar, mut refer: impl FnMut(String) -> u32, out: &mut Vec<u8>) {
    let labels = exemplar.labels().into_iter();
    let references = labels.flat_map(|(name, value)| [name.to_owned(), value]);
    let message = v2::Exemplar {
        labels_refs: references.map(&mut refer).collect(),
        value: exemplar.value,
        timestamp: exemplar.time_ms,
    };
    prost::encoding::message::encode(4, &message, out);
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    #[test]
    fn labels_are_sorted_and_short_enough_for_any_receiver() {
        let exemplar = Exemplar {
            trace_id: u128::MAX,
            span_id: 1,
            value: 0.25,
            time_ms: 7,
        };
        let labels = exemplar.labels();
        assert!(labels.is_sorted());
        let length: usize = labels
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        assert!(length <= 128, "{length} characters");
        let mut out = Vec::new();
        put_v1(&exemplar, &mut out);
        // Key and length of the field stand before the message.
        let read = v1::Exemplar::decode(&out[2..]).unwrap();
        assert_eq!((read.value, read.timestamp), (0.25, 7));
        assert_eq!(read.labels[1].value, "f".repeat(32));
    }
}
