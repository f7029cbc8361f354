//! A histogram as the protobuf message of remote write, and the validator before it: a malformed one costs the whole
//! request (Prometheus answers 500 for ever) or makes later queries panic, so none may reach the wire.

use bytes::{Bytes, BytesMut};
use loadd_metrics::Histogram;
use prost::{
    Message,
    encoding::{WireType, encode_key, encode_varint, encoded_len_varint},
};

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

/// Writes histograms as messages without a time stamp, one after the other into shared memory: a push of ten thousand is
/// one allocation, not ten thousand.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    arena: BytesMut,
    sides: [Side; 2],
}

/// One side of a histogram, being encoded: the bodies of its two repeated fields.
#[derive(Debug, Default)]
struct Side {
    spans: Vec<(i32, u32)>,
    deltas: Vec<u8>,
    /// Sum of all counts.
    samples: u64,
}

/// Longest gap that is cheaper as zeros within a span than as a new one.
const BRIDGED: i32 = 2;

impl Side {
    fn fill(
        &mut self,
        counts: impl Iterator<Item = (i32, u64)>,
        schema: i8,
    ) -> Result<(), Invalid> {
        self.spans.clear();
        self.deltas.clear();
        self.samples = 0;
        let mut next = 0_i32;
        let mut last = 0_i64;
        let mut span = (0_i32, 0_u32);
        let (spans, deltas) = (&mut self.spans, &mut self.deltas);
        let mut samples = 0_u64;
        counts.for_each(|(index, count)| {
            let gap = index.wrapping_sub(next);
            if span.1 > 0 && gap <= BRIDGED {
                for _ in 0..gap {
                    put_delta(deltas, last.wrapping_neg());
                    last = 0;
                }
                span.1 += gap.cast_unsigned() + 1;
            } else {
                if span.1 > 0 {
                    spans.push(span);
                }
                span = (gap, 1);
            }
            let count_signed = count.cast_signed();
            put_delta(deltas, count_signed.wrapping_sub(last));
            last = count_signed;
            samples = samples.wrapping_add(count);
            next = index.wrapping_add(1);
        });
        if span.1 > 0 {
            spans.push(span);
        }
        self.samples = samples;
        let (lowest, highest) = index_range(i32::from(schema));
        match self.spans.first() {
            Some((first, _)) if i64::from(*first) < lowest || i64::from(next) - 1 > highest => {
                Err(Invalid::Index)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn put(&self, spans_tag: u32, deltas_tag: u32, out: &mut BytesMut) {
        for (offset, length) in &self.spans {
            let offset = zigzag(i64::from(*offset));
            // Zeros are the default and left out; only a first offset can be 0.
            let offset_len = if offset == 0 {
                0
            } else {
                1 + encoded_len_varint(offset)
            };
            let len = offset_len + 1 + encoded_len_varint(u64::from(*length));
            encode_key(spans_tag, WireType::LengthDelimited, out);
            encode_varint(len as u64, out);
            if offset_len > 0 {
                encode_key(1, WireType::Varint, out);
                encode_varint(offset, out);
            }
            encode_key(2, WireType::Varint, out);
            encode_varint(u64::from(*length), out);
        }
        if !self.deltas.is_empty() {
            encode_key(deltas_tag, WireType::LengthDelimited, out);
            encode_varint(self.deltas.len() as u64, out);
            out.extend_from_slice(&self.deltas);
        }
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn put_delta(out: &mut Vec<u8>, delta: i64) {
    let coded = zigzag(delta);
    match u8::try_from(coded) {
        // Neighbours differ by little: nearly every delta is one byte.
        Ok(byte) if byte < 0x80 => out.push(byte),
        Ok(_) | Err(_) => encode_varint(coded, out),
    }
}

impl Writer {
    /// Makes room for the messages of a push.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.arena.reserve(bytes);
    }

    /// The message of a histogram, or why it must not be sent. The same checks as [`validate`], on what is being written.
    pub(crate) fn write(&mut self, histogram: &Histogram) -> Result<Bytes, Invalid> {
        let schema = histogram.schema();
        if !(-4..=8).contains(&schema) {
            return Err(Invalid::Schema);
        }
        let threshold = histogram.zero_threshold();
        if !(threshold.is_finite() && threshold >= 0.0) {
            return Err(Invalid::ZeroThreshold);
        }
        if !histogram.sum().is_finite() {
            return Err(Invalid::Sum);
        }
        let [positive, negative] = &mut self.sides;
        positive.fill(histogram.positive(), schema)?;
        negative.fill(histogram.negative(), schema)?;
        let total = u128::from(histogram.zero_count())
            + u128::from(positive.samples)
            + u128::from(negative.samples);
        if u128::from(histogram.count()) != total {
            return Err(Invalid::Count);
        }
        let out = &mut self.arena;
        encode_key(1, WireType::Varint, out);
        encode_varint(histogram.count(), out);
        put_double(3, histogram.sum(), out);
        if schema != 0 {
            encode_key(4, WireType::Varint, out);
            encode_varint(zigzag(i64::from(schema)), out);
        }
        put_double(5, threshold, out);
        encode_key(6, WireType::Varint, out);
        encode_varint(histogram.zero_count(), out);
        negative.put(8, 9, out);
        positive.put(11, 12, out);
        Ok(self.arena.split().freeze())
    }
}

fn put_double(tag: u32, value: f64, out: &mut BytesMut) {
    if value.to_bits() != 0 {
        encode_key(tag, WireType::SixtyFourBit, out);
        out.extend_from_slice(&value.to_le_bytes());
    }
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
