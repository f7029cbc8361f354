//! The time series that one of ours becomes: a Rate is three, a classic histogram one for each bucket and two more. Label
//! sets are encoded once and kept: as bytes for version 1.0, as numbers of strings for 2.0.

use std::sync::Arc;

use hashbrown::HashMap;
use loadd_metrics::{
    Contains, Kind,
    naming::{CONDITION, Part, label_set, parts},
};
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

use super::classic::{Bounds, Stat, le};
use crate::{codec::Changed, settings::HistogramMode, spool::record::SeriesDef};

/// What a line's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A number of this part.
    Part(Part),
    /// The native histogram.
    Native,
    /// Classic buckets: as many series as there are bounds, and `+Inf`.
    Buckets,
    /// `_sum` of a classic histogram.
    Sum,
    /// `_count` of a classic histogram.
    Count,
    /// A statistic as a gauge.
    Stat(usize),
}

/// One label set on the wire; of [`Content::Buckets`] all but `le`.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) content: Content,
    /// Version 1.0: all label fields.
    pub(crate) bytes: Vec<u8>,
    /// Version 2.0: numbers of names and values in [`Strings`].
    pub(crate) refs: Vec<u32>,
    /// Where `le` belongs, in `bytes` and in `refs`.
    pub(crate) le_at: (usize, usize),
}

/// Type, help and unit for version 2.0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MetadataRefs {
    pub(crate) help: u32,
    pub(crate) unit: u32,
}

/// All of one series.
#[derive(Debug)]
pub(crate) struct Lines {
    _def: Arc<SeriesDef>,
    pub(crate) lines: Vec<Line>,
    pub(crate) metadata: MetadataRefs,
    /// Bytes of the label sets as often as they are written.
    pub(crate) label_bytes: usize,
    /// Time series.
    pub(crate) series: usize,
}

/// Strings by number, each once.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    numbers: HashMap<Arc<str>, u32>,
    pub(crate) all: Vec<Arc<str>>,
}

impl Strings {
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let shared: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&shared), number);
        self.all.push(shared);
        number
    }
}

/// `le` of one bound, in both forms.
#[derive(Debug, Clone)]
pub(crate) struct Le {
    pub(crate) bytes: Vec<u8>,
    pub(crate) refs: [u32; 2],
}

/// The lines of all series met so far.
#[derive(Debug)]
pub(crate) struct Catalogue {
    prefix: String,
    mode: HistogramMode,
    pub(crate) bounds: Bounds,
    /// Statistics of trends that go out as gauges, and their suffixes.
    pub(crate) stats: Vec<Stat>,
    suffixes: Vec<String>,
    /// By address of the definition, which the `Arc` inside keeps taken.
    known: HashMap<usize, Lines>,
    pub(crate) strings: Strings,
    pub(crate) les: [Vec<Le>; 2],
    pub(crate) changed: Changed,
}

/// Definitions kept before the catalogue starts anew: each segment of the spool brings its own.
const KNOWN_LIMIT: usize = 200_000;

impl Catalogue {
    pub(crate) fn new(
        prefix: &str,
        mode: HistogramMode,
        bounds: Bounds,
        stats: &[String],
    ) -> Catalogue {
        let known = stats
            .iter()
            .filter_map(|text| Some((Stat::parse(text)?, Stat::suffix(text))));
        let (stats, suffixes) = known.unzip();
        let mut catalogue = Catalogue {
            prefix: prefix.to_owned(),
            mode,
            bounds,
            stats,
            suffixes,
            known: HashMap::new(),
            strings: Strings::default(),
            les: Default::default(),
            changed: Changed::default(),
        };
        catalogue.start_anew();
        catalogue
    }

    fn start_anew(&mut self) {
        self.known.clear();
        self.strings = Strings::default();
        // Number 0 is the empty string, as the protocol wants it.
        self.strings.number("");
        self.les = [Contains::Time, Contains::Default].map(|contains| {
            let bounds = self.bounds.of(contains).iter().chain([&f64::INFINITY]);
            bounds
                .map(|bound| {
                    let text = le(*bound);
                    let mut bytes = Vec::new();
                    put_label(&mut bytes, "le", &text);
                    let refs = ["le", &text].map(|text| self.strings.number(text));
                    Le { bytes, refs }
                })
                .collect()
        });
    }

    /// Forgets series that nobody sends any more, where they have become many. Only between requests.
    pub(crate) fn tidy(&mut self) {
        if self.known.len() > KNOWN_LIMIT {
            self.start_anew();
        }
    }

    /// The lines of a series.
    pub(crate) fn lines(&mut self, def: &Arc<SeriesDef>) -> &Lines {
        let address = Arc::as_ptr(def).addr();
        if !self.known.contains_key(&address) {
            let lines = self.make(def);
            self.known.insert(address, lines);
        }
        &self.known[&address]
    }

    /// The lines of a series that [`Catalogue::lines`] has made, beside the strings.
    pub(crate) fn split(&self, def: &Arc<SeriesDef>) -> Option<&Lines> {
        self.known.get(&Arc::as_ptr(def).addr())
    }

    fn make(&mut self, def: &Arc<SeriesDef>) -> Lines {
        let mut contents: Vec<Content> = match (def.kind, self.mode) {
            (Kind::Trend, HistogramMode::Native) => vec![Content::Native],
            (Kind::Trend, HistogramMode::Classic) => CLASSIC.to_vec(),
            (Kind::Trend, HistogramMode::Both) => [&[Content::Native], CLASSIC.as_slice()].concat(),
            (Kind::Counter | Kind::Gauge | Kind::Rate, _) => {
                parts(def.kind).iter().copied().map(Content::Part).collect()
            }
        };
        if def.kind == Kind::Trend {
            // Without a unit in its name a classic histogram has these two already.
            let has = self.mode != HistogramMode::Native && def.wire().unit().is_empty();
            let doubled = |stat: &Stat| has && matches!(stat, Stat::Count | Stat::Sum);
            let stats = self.stats.iter().enumerate();
            contents.extend(
                stats
                    .filter(|(_, stat)| !doubled(stat))
                    .map(|(index, _)| Content::Stat(index)),
            );
        }
        let buckets = self.bounds.of(def.contains).len() + 1;
        let mut lines = Vec::with_capacity(contents.len());
        let (mut label_bytes, mut series) = (0, 0);
        for content in contents {
            let line = self.line(def, content, lines.is_empty());
            let times = if content == Content::Buckets {
                buckets
            } else {
                1
            };
            label_bytes += (line.bytes.len() + 24) * times;
            series += times;
            lines.push(line);
        }
        Lines {
            _def: Arc::clone(def),
            lines,
            metadata: MetadataRefs {
                help: self.strings.number(&def.help),
                unit: self.strings.number(def.wire().unit()),
            },
            label_bytes,
            series,
        }
    }

    fn line(&mut self, def: &SeriesDef, content: Content, first: bool) -> Line {
        let part = match content {
            Content::Part(part) => part,
            Content::Native
            | Content::Buckets
            | Content::Sum
            | Content::Count
            | Content::Stat(_) => Part::Whole,
        };
        let suffix = match content {
            Content::Part(_) | Content::Native => "",
            Content::Buckets => "_bucket",
            Content::Sum => "_sum",
            Content::Count => "_count",
            Content::Stat(index) => self.suffixes.get(index).map_or("", String::as_str),
        };
        let name = match content {
            // k6's names of these have no unit.
            Content::Stat(_) => def.wire().bare_name(&self.prefix, part) + "_" + suffix,
            Content::Part(_)
            | Content::Native
            | Content::Buckets
            | Content::Sum
            | Content::Count => def.wire().wire_name(&self.prefix, part) + suffix,
        };
        let mut fixed = vec![("__name__", name.as_str())];
        fixed.extend(part.condition().map(|condition| (CONDITION, condition)));
        if content == Content::Buckets {
            fixed.push(("le", "?"));
        }
        let (set, changed) = label_set(&fixed, &def.run.labels, def.tags());
        if first {
            self.changed.collisions += changed.collisions;
            self.changed.cut += changed.cut;
        }
        let mut line = Line {
            content,
            bytes: Vec::new(),
            refs: Vec::with_capacity(2 * set.len()),
            le_at: (0, 0),
        };
        for (name, value) in &set {
            if content == Content::Buckets && name == "le" {
                line.le_at = (line.bytes.len(), line.refs.len());
                continue;
            }
            put_label(&mut line.bytes, name, value);
            line.refs
                .extend([name, value].map(|text| self.strings.number(text)));
        }
        line
    }
}

const CLASSIC: [Content; 3] = [Content::Buckets, Content::Sum, Content::Count];

/// A label as a field of version 1.0's `TimeSeries`.
pub(crate) fn put_label(out: &mut Vec<u8>, name: &str, value: &str) {
    encode_key(1, WireType::LengthDelimited, out);
    encode_varint((text_len(1, name) + text_len(2, value)) as u64, out);
    for (tag, text) in [(1, name), (2, value)] {
        encode_key(tag, WireType::LengthDelimited, out);
        encode_varint(text.len() as u64, out);
        out.extend_from_slice(text.as_bytes());
    }
}

fn text_len(tag: u32, text: &str) -> usize {
    key_len(tag) + encoded_len_varint(text.len() as u64) + text.len()
}
