//! From points to the body of a request, in version 1.0 or 2.0: lengths first, then every byte once, into a buffer that is
//! kept; no allocation for a series that has been met before.

use bytes::Bytes;
use hashbrown::HashMap;
use loadd_metrics::{Contains, Kind, naming::Part};
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::{
    classic::{Bounds, Cumulative},
    exemplar,
    lines::{Catalogue, Content, Le, Line, Lines},
    values::{Form, Value, value},
};
use crate::{
    batch::{Weight, chunks},
    codec::{Changed, Codec, Encoded},
    endpoint::retry::Rules,
    settings::{HistogramMode, ProtocolVersion},
    spool::record::Point,
};

const V1_HEADERS: [(&str, &str); 3] = [
    ("content-encoding", "snappy"),
    ("content-type", "application/x-protobuf"),
    ("x-prometheus-remote-write-version", "0.1.0"),
];
const V2_HEADERS: [(&str, &str); 3] = [
    ("content-encoding", "snappy"),
    (
        "content-type",
        "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    ),
    ("x-prometheus-remote-write-version", "2.0.0"),
];

/// Remote write's codec.
pub(crate) struct RemoteWriteCodec {
    wanted: ProtocolVersion,
    spoken: ProtocolVersion,
    catalogue: Catalogue,
    symbols: Symbols,
    body: Vec<u8>,
    head: Vec<u8>,
    snappy: snap::raw::Encoder,
}

impl std::fmt::Debug for RemoteWriteCodec {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RemoteWriteCodec")
            .field("spoken", &self.spoken)
            .finish_non_exhaustive()
    }
}

/// The symbols of one request: which of the catalogue's strings are in it, and where.
#[derive(Debug, Default)]
struct Symbols {
    /// Reference by number, where the mark is this request's.
    references: Vec<(u32, u32)>,
    mark: u32,
    /// Numbers by reference; with the topmost bit those of `own`.
    used: Vec<u32>,
    /// Strings that no other request will have, and their references.
    own: Vec<String>,
    own_references: HashMap<String, u32>,
}

/// Marks a number of [`Symbols::own`].
const OWN: u32 = 1 << 31;

impl Symbols {
    fn begin(&mut self) {
        self.used.clear();
        self.own.clear();
        self.own_references.clear();
        self.mark = self.mark.wrapping_add(1);
        if self.mark == 0 {
            self.references.clear();
            self.mark = 1;
        }
        self.reference(0);
    }

    fn reference(&mut self, number: u32) -> u32 {
        let index = number as usize;
        if self.references.len() <= index {
            self.references.resize(index + 1, (0, 0));
        }
        let (mark, reference) = &mut self.references[index];
        if *mark != self.mark {
            *mark = self.mark;
            *reference = u32::try_from(self.used.len()).unwrap_or(u32::MAX);
            self.used.push(number);
        }
        *reference
    }

    /// The reference of a string that is in no catalogue.
    fn own(&mut self, text: String) -> u32 {
        if let Some(reference) = self.own_references.get(&text) {
            return *reference;
        }
        let reference = u32::try_from(self.used.len()).unwrap_or(u32::MAX);
        self.used
            .push(OWN | u32::try_from(self.own.len()).unwrap_or(0));
        self.own.push(text.clone());
        self.own_references.insert(text, reference);
        reference
    }
}

impl RemoteWriteCodec {
    pub(crate) fn new(
        prefix: &str,
        mode: HistogramMode,
        bounds: Bounds,
        version: ProtocolVersion,
        stats: &[String],
    ) -> RemoteWriteCodec {
        RemoteWriteCodec {
            wanted: version,
            spoken: version,
            catalogue: Catalogue::new(prefix, mode, bounds, stats),
            symbols: Symbols::default(),
            body: Vec::new(),
            head: Vec::new(),
            snappy: snap::raw::Encoder::new(),
        }
    }

    /// The body before compression; how many samples the receiver will find in it.
    pub(crate) fn plain(&mut self, points: &[Point]) -> (&[u8], u64) {
        self.catalogue.tidy();
        self.body.clear();
        self.symbols.begin();
        let mut offered = 0;
        for chunk in chunks(points) {
            offered += self.encode_series(chunk);
        }
        if self.spoken == ProtocolVersion::V1 {
            return (&self.body, offered);
        }
        self.head.clear();
        for number in &self.symbols.used {
            let text: &str = match number & OWN {
                0 => &self.catalogue.strings.all[*number as usize],
                _ => &self.symbols.own[(number & !OWN) as usize],
            };
            encode_key(4, WireType::LengthDelimited, &mut self.head);
            encode_varint(text.len() as u64, &mut self.head);
            self.head.extend_from_slice(text.as_bytes());
        }
        self.head.extend_from_slice(&self.body);
        (&self.head, offered)
    }

    /// Bytes of the last body before compression.
    pub(crate) fn plain_bytes(&self) -> usize {
        self.body.len().max(self.head.len())
    }

    fn encode_series(&mut self, points: &[Point]) -> u64 {
        let def = &points[0].series;
        self.catalogue.lines(def);
        let Some(lines) = self.catalogue.split(def) else {
            return 0;
        };
        let bounds = self.catalogue.bounds.of(def.contains);
        let les = &self.catalogue.les[usize::from(def.contains != Contains::Time)];
        let stats = &self.catalogue.stats;
        let derived = |line: &Line| matches!(line.content, Content::Sum | Content::Stat(_));
        let classic = lines.lines.iter().any(derived);
        let cumulative: Vec<Option<Cumulative>> = if classic {
            points
                .iter()
                .map(|point| Cumulative::of(&point.reading, bounds, stats))
                .collect()
        } else {
            Vec::new()
        };
        let mut writer = SeriesWriter {
            v2: self.spoken == ProtocolVersion::V2,
            symbols: &mut self.symbols,
            out: &mut self.body,
            lines,
            points,
            cumulative: &cumulative,
            bounds,
            offered: 0,
        };
        for line in &lines.lines {
            if line.content == Content::Buckets {
                for (bucket, le) in les.iter().enumerate() {
                    writer.write(line, Some(le), bucket);
                }
            } else {
                writer.write(line, None, usize::MAX);
            }
        }
        writer.offered
    }
}

/// Writes the time series of one of ours.
struct SeriesWriter<'a> {
    v2: bool,
    symbols: &'a mut Symbols,
    out: &'a mut Vec<u8>,
    lines: &'a Lines,
    points: &'a [Point],
    cumulative: &'a [Option<Cumulative>],
    bounds: &'a [f64],
    offered: u64,
}

impl SeriesWriter<'_> {
    fn values<'p>(
        points: &'p [Point],
        cumulative: &'p [Option<Cumulative>],
        content: Content,
        bucket: usize,
    ) -> impl Iterator<Item = (i64, Value<'p>)> {
        points.iter().enumerate().filter_map(move |(index, point)| {
            let cumulative = cumulative.get(index).and_then(Option::as_ref);
            Some((
                point.time_ms,
                value(content, &point.reading, cumulative, bucket)?,
            ))
        })
    }

    fn write(&mut self, line: &Line, le: Option<&Le>, bucket: usize) {
        let form = self.form(line);
        let values = || Self::values(self.points, self.cumulative, line.content, bucket);
        let (count, length) = values().fold((0, 0), |(count, length), (time_ms, value)| {
            (count + 1, length + value.len(time_ms, form))
        });
        if count == 0 {
            return;
        }
        self.offered += count;
        let exemplars = self.exemplars(line, bucket);
        if self.v2 {
            self.write_v2(line, le, bucket, length, &exemplars);
            return;
        }
        let le = le.map_or(&[][..], |le| &le.bytes);
        encode_key(1, WireType::LengthDelimited, self.out);
        let labels = line.bytes.len() + le.len();
        encode_varint((labels + length + exemplars.len()) as u64, self.out);
        let (before, after) = line.bytes.split_at(line.le_at.0);
        for labels in [before, le, after] {
            self.out.extend_from_slice(labels);
        }
        for (time_ms, value) in values() {
            value.put(time_ms, form, self.out);
        }
        self.out.extend_from_slice(&exemplars);
    }

    /// Those of a line, ready to be written: a native histogram has all of them, a bucket those that fell into it.
    fn exemplars(&mut self, line: &Line, bucket: usize) -> Vec<u8> {
        let mut fields = Vec::new();
        for exemplar in self
            .points
            .iter()
            .filter_map(|point| point.exemplar.as_deref())
        {
            let its_bucket = || self.bounds.partition_point(|bound| *bound < exemplar.value);
            match line.content {
                Content::Native => {}
                Content::Buckets if its_bucket() == bucket => {}
                Content::Buckets
                | Content::Part(_)
                | Content::Sum
                | Content::Count
                | Content::Stat(_) => continue,
            }
            if self.v2 {
                exemplar::put_v2(exemplar, |text| self.symbols.own(text), &mut fields);
            } else {
                exemplar::put_v1(exemplar, &mut fields);
            }
        }
        fields
    }

    fn form(&self, line: &Line) -> Form {
        let def = &self.points[0].series;
        let counts = match line.content {
            Content::Part(Part::Ratio) | Content::Stat(_) => false,
            Content::Part(_) => def.kind != Kind::Gauge,
            Content::Native | Content::Buckets | Content::Sum | Content::Count => true,
        };
        Form {
            histogram_tag: if self.v2 { 3 } else { 4 },
            start_ms: if self.v2 && counts {
                self.start_ms()
            } else {
                0
            },
        }
    }

    /// Never after the first of the samples.
    fn start_ms(&self) -> i64 {
        let oldest = self.points.iter().map(|point| point.time_ms).min();
        let since_ms = self.points[0].series.run.since_ms;
        oldest.map_or(since_ms, |oldest| oldest.min(since_ms))
    }

    fn write_v2(
        &mut self,
        line: &Line,
        le: Option<&Le>,
        bucket: usize,
        length: usize,
        exemplars: &[u8],
    ) {
        let form = self.form(line);
        let le: &[u32] = le.map_or(&[], |le| &le.refs);
        let (before, after) = line.refs.split_at(line.le_at.1);
        let numbers = before.iter().chain(le).chain(after);
        let mut refs_len = 0;
        for number in numbers.clone() {
            refs_len += encoded_len_varint(u64::from(self.symbols.reference(*number)));
        }
        let metadata = [
            (1, self.metric_type(line)),
            (3, self.symbols.reference(self.lines.metadata.help)),
            (4, self.symbols.reference(self.lines.metadata.unit)),
        ];
        let metadata_len: usize = metadata
            .iter()
            .filter(|(_, value)| *value != 0)
            .map(|(_, value)| 1 + encoded_len_varint(u64::from(*value)))
            .sum();
        let packed = 1 + encoded_len_varint(refs_len as u64) + refs_len;
        let described = 1 + encoded_len_varint(metadata_len as u64) + metadata_len;
        let out = &mut *self.out;
        encode_key(5, WireType::LengthDelimited, out);
        encode_varint((packed + length + exemplars.len() + described) as u64, out);
        encode_key(1, WireType::LengthDelimited, out);
        encode_varint(refs_len as u64, out);
        for number in numbers {
            encode_varint(u64::from(self.symbols.reference(*number)), out);
        }
        for (time_ms, value) in Self::values(self.points, self.cumulative, line.content, bucket) {
            value.put(time_ms, form, out);
        }
        out.extend_from_slice(exemplars);
        encode_key(5, WireType::LengthDelimited, out);
        encode_varint(metadata_len as u64, out);
        for (tag, value) in metadata.into_iter().filter(|(_, value)| *value != 0) {
            encode_key(tag, WireType::Varint, out);
            encode_varint(u64::from(value), out);
        }
    }

    /// 1 counter, 2 gauge, 3 histogram.
    fn metric_type(&self, line: &Line) -> u32 {
        match (line.content, self.points[0].series.kind) {
            (Content::Native | Content::Buckets | Content::Sum | Content::Count, _) => 3,
            (Content::Part(Part::Ratio) | Content::Stat(_), _) | (_, Kind::Gauge) => 2,
            (Content::Part(_), Kind::Counter | Kind::Rate | Kind::Trend) => 1,
        }
    }
}

impl Codec for RemoteWriteCodec {
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        match self.spoken {
            ProtocolVersion::V1 => &V1_HEADERS,
            ProtocolVersion::V2 => &V2_HEADERS,
        }
    }

    fn rules(&self) -> Rules {
        match self.spoken {
            ProtocolVersion::V1 => Rules::RemoteWrite1,
            ProtocolVersion::V2 => Rules::RemoteWrite2,
        }
    }

    fn weigh(&mut self, points: &[Point]) -> Weight {
        let lines = self.catalogue.lines(&points[0].series);
        let values: usize = points.iter().map(|point| point.reading.len() + 24).sum();
        let classic = lines.series.saturating_sub(1) * points.len() * 20;
        Weight {
            series: lines.series,
            bytes: lines.label_bytes + values + classic,
        }
    }

    fn encode(&mut self, points: &[Point]) -> Encoded {
        let (_, offered) = self.plain(points);
        let plain = match self.spoken {
            ProtocolVersion::V1 => &self.body,
            ProtocolVersion::V2 => &self.head,
        };
        // Snappy's block format, never the framed one.
        let bytes: Bytes = self
            .snappy
            .compress_vec(plain)
            .expect("a request of at most a few MiB is below snappy's 4 GiB")
            .into();
        Encoded { bytes, offered }
    }

    fn changed(&mut self) -> Changed {
        std::mem::take(&mut self.catalogue.changed)
    }

    fn fall_back(&mut self) -> bool {
        let fell = self.spoken == ProtocolVersion::V2;
        self.spoken = ProtocolVersion::V1;
        fell
    }

    fn restore(&mut self) {
        self.spoken = self.wanted;
    }
}
