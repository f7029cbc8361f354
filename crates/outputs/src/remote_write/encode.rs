//! From a record to `WriteRequest` bytes of version 1.0: one body of concatenated time series with the place of each, so
//! that a request can be cut, or split in halves, without encoding anything again.

use std::sync::Arc;

use hashbrown::HashMap;
use loadd_metrics::Kind;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

use crate::{
    labels::{Changes, label_set},
    naming::{CONDITION, Part, parts, wire_name},
    spool::record::{Point, Reading, Record, SeriesDef},
};

/// Series in one request.
pub(crate) const MAX_SERIES: usize = 2_000;
/// Bytes of one request before compression; a single series may be longer.
pub(crate) const MAX_BYTES: usize = 4 << 20;

/// The bits that end a series.
pub(crate) const STALE: u64 = 0x7ff0_0000_0000_0002;
/// An ordinary NaN: none of ours may have the bits above.
const QUIET_NAN: u64 = 0x7ff8_0000_0000_0001;

/// One time series in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) end: usize,
    pub(crate) samples: u64,
}

/// Encoded time series, back to back: any run of whole ones is a `WriteRequest`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) pieces: Vec<Piece>,
}

impl Body {
    pub(crate) fn samples(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.samples).sum()
    }

    /// Both halves by number of series; `None` of a single one.
    pub(crate) fn halves(&self) -> Option<(Body, Body)> {
        (self.pieces.len() > 1).then(|| self.split(self.pieces.len() / 2))
    }

    fn split(&self, at: usize) -> (Body, Body) {
        let edge = at.checked_sub(1).map_or(0, |last| self.pieces[last].end);
        let later = self.pieces[at..]
            .iter()
            .map(|piece| Piece {
                end: piece.end - edge,
                ..*piece
            })
            .collect();
        (
            Body {
                bytes: self.bytes[..edge].to_vec(),
                pieces: self.pieces[..at].to_vec(),
            },
            Body {
                bytes: self.bytes[edge..].to_vec(),
                pieces: later,
            },
        )
    }

    /// Requests of at most this many series, and [`MAX_BYTES`].
    pub(crate) fn cut(self, max_series: usize) -> Vec<Body> {
        let mut requests = Vec::new();
        let mut rest = self;
        while !rest.pieces.is_empty() {
            let within = rest
                .pieces
                .iter()
                .take(max_series.max(1))
                .take_while(|piece| piece.end <= MAX_BYTES)
                .count()
                .max(1);
            if within == rest.pieces.len() {
                requests.push(rest);
                break;
            }
            let (first, later) = rest.split(within);
            requests.push(first);
            rest = later;
        }
        requests
    }

    fn push(&mut self, labels: &[u8], values: &[u8], samples: u64) {
        encode_key(1, WireType::LengthDelimited, &mut self.bytes);
        encode_varint((labels.len() + values.len()) as u64, &mut self.bytes);
        self.bytes.extend_from_slice(labels);
        self.bytes.extend_from_slice(values);
        self.pieces.push(Piece {
            end: self.bytes.len(),
            samples,
        });
    }
}

/// Encodes records; keeps the label bytes of the series that it has met.
#[derive(Debug)]
pub(crate) struct Encoder {
    prefix: String,
    /// By address of the definition, which the `Arc` inside keeps taken.
    known: HashMap<usize, Wire>,
    /// What had to be changed in labels since the last look.
    pub(crate) changes: Changes,
}

#[derive(Debug)]
struct Wire {
    _def: Arc<SeriesDef>,
    /// One set of encoded labels for each part.
    labels: Vec<(Part, Vec<u8>)>,
}

/// Definitions kept before the encoder starts anew: each segment of the spool brings its own.
const KNOWN_LIMIT: usize = 200_000;

impl Encoder {
    pub(crate) fn new(prefix: &str) -> Encoder {
        Encoder {
            prefix: prefix.to_owned(),
            known: HashMap::new(),
            changes: Changes::default(),
        }
    }

    /// All points of a record, those of one series in one `TimeSeries`.
    pub(crate) fn encode(&mut self, record: &Record) -> Body {
        if self.known.len() > KNOWN_LIMIT {
            self.known.clear();
        }
        let mut body = Body::default();
        for points in record
            .points
            .chunk_by(|one, next| Arc::ptr_eq(&one.series, &next.series))
        {
            self.encode_series(&points[0].series, points, &mut body);
        }
        body
    }

    fn encode_series(&mut self, def: &Arc<SeriesDef>, points: &[Point], body: &mut Body) {
        let address = Arc::as_ptr(def).addr();
        let Encoder {
            prefix,
            known,
            changes,
        } = self;
        let wire = known
            .entry(address)
            .or_insert_with(|| wire(prefix, def, changes));
        let mut values = Vec::new();
        for (part, labels) in &wire.labels {
            values.clear();
            let samples = points
                .iter()
                .map(|point| put_point(&mut values, *part, point))
                .sum();
            if samples > 0 {
                body.push(labels, &values, samples);
            }
        }
    }
}

fn wire(prefix: &str, def: &Arc<SeriesDef>, changes: &mut Changes) -> Wire {
    let mut labels = Vec::new();
    for part in parts(def.kind) {
        let name = wire_name(prefix, def, *part);
        let mut fixed = vec![("__name__", name.as_str())];
        match part {
            Part::NonZero => fixed.push((CONDITION, "nonzero")),
            Part::Zero => fixed.push((CONDITION, "zero")),
            Part::Whole | Part::Ratio => {}
        }
        let (set, changed) = label_set(&fixed, &def.run.labels, &def.tags);
        if labels.is_empty() {
            changes.collisions += changed.collisions;
            changes.cut += changed.cut;
        }
        labels.push((*part, label_bytes(&set)));
    }
    Wire {
        _def: Arc::clone(def),
        labels,
    }
}

fn label_bytes(set: &[(String, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in set {
        encode_key(1, WireType::LengthDelimited, &mut bytes);
        encode_varint((text_len(1, name) + text_len(2, value)) as u64, &mut bytes);
        for (tag, text) in [(1, name), (2, value)] {
            encode_key(tag, WireType::LengthDelimited, &mut bytes);
            encode_varint(text.len() as u64, &mut bytes);
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    bytes
}

fn text_len(tag: u32, text: &str) -> usize {
    key_len(tag) + encoded_len_varint(text.len() as u64) + text.len()
}

/// Appends a point of one part; how many samples that made.
fn put_point(out: &mut Vec<u8>, part: Part, point: &Point) -> u64 {
    let trend = point.series.kind == Kind::Trend;
    let number = match (&point.reading, part) {
        (Reading::Histogram(message), _) => return put_histogram(out, message, point.time_ms),
        (Reading::Zero(message), _) if trend => return put_histogram(out, message, point.time_ms),
        // A float marker ends a histogram series too; the form of its own needs no mixed series.
        (Reading::Stale, _) if trend => {
            return put_histogram(out, &stale_histogram(), point.time_ms);
        }
        (Reading::Stale, _) => f64::from_bits(STALE),
        (Reading::Zero(_), Part::Ratio) | (Reading::Rate { total: 0, .. }, Part::Ratio) => {
            return 0;
        }
        (Reading::Zero(_), Part::Whole | Part::NonZero | Part::Zero) => 0.0,
        (Reading::Number(value), _) if value.is_nan() => f64::from_bits(QUIET_NAN),
        (Reading::Number(value), _) => *value,
        (Reading::Rate { nonzero, total }, Part::Ratio) => float(*nonzero) / float(*total),
        (Reading::Rate { nonzero, .. }, Part::NonZero) => float(*nonzero),
        (Reading::Rate { nonzero, total }, Part::Whole | Part::Zero) => {
            float(total.saturating_sub(*nonzero))
        }
    };
    let stamp = point.time_ms.cast_unsigned();
    // A value of +0 is the default, which protobuf leaves out; -0 is not.
    let value = if number.to_bits() == 0 { 0 } else { 9 };
    let time = if stamp == 0 {
        0
    } else {
        1 + encoded_len_varint(stamp)
    };
    encode_key(2, WireType::LengthDelimited, out);
    encode_varint((value + time) as u64, out);
    if value > 0 {
        encode_key(1, WireType::SixtyFourBit, out);
        out.extend_from_slice(&number.to_le_bytes());
    }
    if time > 0 {
        encode_key(2, WireType::Varint, out);
        encode_varint(stamp, out);
    }
    1
}

fn put_histogram(out: &mut Vec<u8>, message: &[u8], time_ms: i64) -> u64 {
    let stamp = time_ms.cast_unsigned();
    let time = if stamp == 0 {
        0
    } else {
        key_len(15) + encoded_len_varint(stamp)
    };
    encode_key(4, WireType::LengthDelimited, out);
    encode_varint((message.len() + time) as u64, out);
    out.extend_from_slice(message);
    if time > 0 {
        encode_key(15, WireType::Varint, out);
        encode_varint(stamp, out);
    }
    1
}

/// An otherwise empty histogram whose sum has the marker's bits.
fn stale_histogram() -> Vec<u8> {
    let mut message = Vec::with_capacity(9);
    encode_key(3, WireType::SixtyFourBit, &mut message);
    message.extend_from_slice(&STALE.to_le_bytes());
    message
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a counter above 2^53 loses its last bits on a wire that knows only floats"
)]
fn float(count: u64) -> f64 {
    count as f64
}
