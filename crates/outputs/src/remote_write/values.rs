//! Samples and histograms as fields of a `TimeSeries`, which differ between the versions by a number and a start time.

use loadd_metrics::naming::Part;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::{classic::Cumulative, lines::Content};
use crate::spool::record::Reading;

/// The bits that end a series.
pub(crate) const STALE: u64 = 0x7ff0_0000_0000_0002;
/// An ordinary NaN: none of ours may have the bits above.
const QUIET_NAN: u64 = 0x7ff8_0000_0000_0001;
/// An otherwise empty histogram whose sum has the marker's bits.
const STALE_HISTOGRAM: [u8; 9] = {
    let bits = STALE.to_le_bytes();
    let key = (3 << 3) | 1;
    [
        key, bits[0], bits[1], bits[2], bits[3], bits[4], bits[5], bits[6], bits[7],
    ]
};

/// What differs between the versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// Field of histograms in a `TimeSeries`.
    pub(crate) histogram_tag: u32,
    /// Since when the series counts; 0: not said.
    pub(crate) start_ms: i64,
}

/// A value of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Number(f64),
    Histogram(&'a [u8]),
}

/// The value that a reading is in a line; `None` where it has none there.
pub(crate) fn value<'a>(
    content: Content,
    reading: &'a Reading,
    cumulative: Option<&Cumulative>,
    bucket: usize,
) -> Option<Value<'a>> {
    Some(match content {
        Content::Native => match reading {
            Reading::Histogram(message) | Reading::Zero(message) => Value::Histogram(message),
            // A float marker ends a histogram series too; the form of its own needs no mixed series.
            Reading::Stale => Value::Histogram(&STALE_HISTOGRAM),
            Reading::Number(_) | Reading::Rate { .. } => return None,
        },
        Content::Part(part) => Value::Number(number(part, reading)?),
        Content::Buckets | Content::Sum | Content::Count | Content::Stat(_) => {
            Value::Number(match (cumulative?, content) {
                (Cumulative::Stale, _) => f64::from_bits(STALE),
                (Cumulative::Counts(_, _, _, stats), Content::Stat(index)) => {
                    *stats.as_ref()?.get(index)?
                }
                (Cumulative::Counts(_, _, sum, _), Content::Sum) => *sum,
                (Cumulative::Counts(counts, all, _, _), _) => {
                    float(*counts.get(bucket).unwrap_or(all))
                }
            })
        }
    })
}

fn number(part: Part, reading: &Reading) -> Option<f64> {
    Some(match (reading, part) {
        (Reading::Histogram(_), _)
        | (Reading::Zero(_) | Reading::Rate { total: 0, .. }, Part::Ratio) => return None,
        (Reading::Stale, _) => f64::from_bits(STALE),
        (Reading::Zero(_), Part::Whole | Part::NonZero | Part::Zero) => 0.0,
        (Reading::Number(value), _) if value.is_nan() => f64::from_bits(QUIET_NAN),
        (Reading::Number(value), _) => *value,
        (Reading::Rate { nonzero, total }, Part::Ratio) => float(*nonzero) / float(*total),
        (Reading::Rate { nonzero, .. }, Part::NonZero) => float(*nonzero),
        (Reading::Rate { nonzero, total }, Part::Whole | Part::Zero) => {
            float(total.saturating_sub(*nonzero))
        }
    })
}

/// Bytes of an optional integer field whose key has this length.
fn stamp_len(key: usize, stamp: i64) -> usize {
    // 0 is the default, which protobuf leaves out.
    if stamp == 0 {
        0
    } else {
        key + encoded_len_varint(stamp.cast_unsigned())
    }
}

fn put_stamp(out: &mut Vec<u8>, tag: u32, stamp: i64) {
    if stamp != 0 {
        encode_key(tag, WireType::Varint, out);
        encode_varint(stamp.cast_unsigned(), out);
    }
}

impl Value<'_> {
    fn body_len(&self, time_ms: i64, form: Form) -> usize {
        match self {
            Value::Number(number) => {
                // A value of +0 is the default too; -0 is not.
                let value = if number.to_bits() == 0 { 0 } else { 9 };
                value + stamp_len(1, time_ms) + stamp_len(1, form.start_ms)
            }
            // The keys of fields 15 and 17 are one byte and two.
            Value::Histogram(message) => {
                message.len() + stamp_len(1, time_ms) + stamp_len(2, form.start_ms)
            }
        }
    }

    /// Bytes of the whole field.
    pub(crate) fn len(&self, time_ms: i64, form: Form) -> usize {
        let body = self.body_len(time_ms, form);
        1 + encoded_len_varint(body as u64) + body
    }

    /// Appends the field.
    pub(crate) fn put(&self, time_ms: i64, form: Form, out: &mut Vec<u8>) {
        let body = self.body_len(time_ms, form) as u64;
        match self {
            Value::Number(number) => {
                encode_key(2, WireType::LengthDelimited, out);
                encode_varint(body, out);
                if number.to_bits() != 0 {
                    encode_key(1, WireType::SixtyFourBit, out);
                    out.extend_from_slice(&number.to_le_bytes());
                }
                put_stamp(out, 2, time_ms);
                put_stamp(out, 3, form.start_ms);
            }
            Value::Histogram(message) => {
                encode_key(form.histogram_tag, WireType::LengthDelimited, out);
                encode_varint(body, out);
                out.extend_from_slice(message);
                put_stamp(out, 15, time_ms);
                put_stamp(out, 17, form.start_ms);
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a counter above 2^53 loses its last bits on a wire that knows only floats"
)]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
