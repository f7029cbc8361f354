//! A histogram as the protobuf message of remote write, and the validator before it: a malformed one costs the whole
//! request (Prometheus answers 500 for ever) or makes later queries panic, so none may reach the wire.

use bytes::Bytes;
use loadd_metrics::{Histogram, Spans};
use prost::Message;

use super::v1;

/// Why a histogram must not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Invalid {
    #[error("schema outside -4..8")]
    Schema,
    #[error("zero threshold negative or not finite")]
    ZeroThreshold,
    #[error("sum not finite")]
    Sum,
    #[error("spans and deltas differ in number, or a later span's offset is negative")]
    Spans,
    #[error("a bucket's count is negative")]
    NegativeBucket,
    #[error("a bucket's index is outside the schema's range")]
    Index,
    #[error("the count is not the sum of its buckets")]
    Count,
}

/// The message without a time stamp.
pub(crate) fn message(histogram: &Histogram) -> Result<Bytes, Invalid> {
    let (positive, negative) = histogram.spans_deltas();
    let message = v1::Histogram {
        count: Some(v1::Count::Int(histogram.count())),
        sum: histogram.sum(),
        schema: i32::from(histogram.schema()),
        zero_threshold: histogram.zero_threshold(),
        zero_count: Some(v1::ZeroCount::Int(histogram.zero_count())),
        negative_spans: spans(&negative),
        negative_deltas: negative.deltas,
        positive_spans: spans(&positive),
        positive_deltas: positive.deltas,
        ..v1::Histogram::default()
    };
    validate(&message)?;
    Ok(message.encode_to_vec().into())
}

/// An empty histogram of the same schema and threshold: the zero at its birth.
pub(crate) fn empty_message(histogram: &Histogram) -> Bytes {
    let message = v1::Histogram {
        count: Some(v1::Count::Int(0)),
        schema: i32::from(histogram.schema()),
        zero_threshold: histogram.zero_threshold(),
        zero_count: Some(v1::ZeroCount::Int(0)),
        ..v1::Histogram::default()
    };
    message.encode_to_vec().into()
}

fn spans(side: &Spans) -> Vec<v1::BucketSpan> {
    side.spans
        .iter()
        .map(|span| v1::BucketSpan {
            offset: span.offset,
            length: span.length,
        })
        .collect()
}

/// Checks what receivers check, and what they do not and should.
pub(crate) fn validate(message: &v1::Histogram) -> Result<(), Invalid> {
    if !(-4..=8).contains(&message.schema) {
        return Err(Invalid::Schema);
    }
    if !(message.zero_threshold.is_finite() && message.zero_threshold >= 0.0) {
        return Err(Invalid::ZeroThreshold);
    }
    if !message.sum.is_finite() {
        return Err(Invalid::Sum);
    }
    let positive = side(
        &message.positive_spans,
        &message.positive_deltas,
        message.schema,
    )?;
    let negative = side(
        &message.negative_spans,
        &message.negative_deltas,
        message.schema,
    )?;
    let (Some(v1::Count::Int(count)), Some(v1::ZeroCount::Int(zero))) =
        (&message.count, &message.zero_count)
    else {
        return Err(Invalid::Count);
    };
    if u128::from(*count) == u128::from(*zero) + positive + negative {
        Ok(())
    } else {
        Err(Invalid::Count)
    }
}

/// Sum of one side's buckets.
fn side(spans: &[v1::BucketSpan], deltas: &[i64], schema: i32) -> Result<u128, Invalid> {
    let length: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
    if length != deltas.len() as u64 || spans.iter().skip(1).any(|span| span.offset < 0) {
        return Err(Invalid::Spans);
    }
    let (lowest, highest) = index_range(schema);
    let mut next = 0_i64;
    for span in spans {
        let first = next + i64::from(span.offset);
        next = first + i64::from(span.length);
        if first < lowest || next - 1 > highest {
            return Err(Invalid::Index);
        }
    }
    let mut count = 0_i64;
    let mut sum = 0_u128;
    for delta in deltas {
        count = count.checked_add(*delta).ok_or(Invalid::NegativeBucket)?;
        sum += u128::from(u64::try_from(count).map_err(|_| Invalid::NegativeBucket)?);
    }
    Ok(sum)
}

fn index_range(schema: i32) -> (i64, i64) {
    let scaled = |exponent: i64| {
        if schema >= 0 {
            exponent << schema
        } else {
            exponent >> -schema
        }
    };
    (scaled(-1074) - 1, scaled(1024) + 1)
}
