//! From points to `ExportMetricsServiceRequest`: one resource, one scope, all points of a metric together.

use std::{io::Write, sync::Arc};

use bytes::Bytes;
use flate2::write::GzEncoder;
use hashbrown::HashMap;
use loadd_metrics::{
    Contains, Family, Kind,
    naming::{CONDITION, Part, label_set, parts},
};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse},
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{Metric, ResourceMetrics, ScopeMetrics},
    resource::v1::Resource,
};
use prost::Message;

use super::points::{Trends, add, empty};
use crate::{
    batch::{Weight, chunks},
    codec::{Changed, Codec, Encoded},
    endpoint::retry::{Outcome, Rules},
    settings::{Compression, OtlpNames, OtlpProtocol, OtlpSettings},
    spool::record::{Point, Run, SeriesDef},
};

/// OTLP's codec.
#[derive(Debug)]
pub(super) struct OtlpCodec {
    prefix: String,
    names: OtlpNames,
    resource: Vec<(String, String)>,
    protocol: OtlpProtocol,
    compression: Compression,
    /// By address of the definition, which the `Arc` inside keeps taken.
    known: HashMap<usize, Described>,
    changed: Changed,
    /// Points of the last request.
    offered: u64,
}

#[derive(Debug)]
struct Described {
    _def: Arc<SeriesDef>,
    parts: Vec<(Part, Arc<str>, Vec<KeyValue>)>,
    /// Bytes of a point without its value.
    bytes: usize,
}

/// Definitions kept before the codec starts anew: each segment of the spool brings its own.
const KNOWN_LIMIT: usize = 200_000;

impl OtlpCodec {
    pub(super) fn new(settings: &OtlpSettings) -> OtlpCodec {
        OtlpCodec {
            prefix: settings.metric_prefix.clone(),
            names: settings.names.clone(),
            resource: settings.resource.clone(),
            protocol: settings.protocol,
            compression: settings.compression,
            known: HashMap::new(),
            changed: Changed::default(),
            offered: 0,
        }
    }

    fn described(&mut self, def: &Arc<SeriesDef>) -> &Described {
        let address = Arc::as_ptr(def).addr();
        if !self.known.contains_key(&address) {
            let described = self.describe(def);
            self.known.insert(address, described);
        }
        &self.known[&address]
    }

    fn describe(&mut self, def: &Arc<SeriesDef>) -> Described {
        let k6 = matches!(self.names, OtlpNames::K6 { .. });
        let mut described = Vec::new();
        for part in parts(def.kind) {
            if k6 && *part == Part::Ratio {
                continue;
            }
            let condition = part.condition().map(|condition| (CONDITION, condition));
            let attributes = if k6 {
                let tags = def.tags().filter(|(_, value)| !value.is_empty());
                tags.chain(condition)
                    .map(|(name, value)| attribute(name, value))
                    .collect()
            } else {
                // What makes `job` and `instance` is said by the resource.
                let run: Vec<(String, String)> = def
                    .run
                    .labels
                    .iter()
                    .filter(|(name, _)| name != "job" && name != "instance")
                    .cloned()
                    .collect();
                let (set, changed) = label_set(condition.as_slice(), &run, def.tags());
                if described.is_empty() {
                    self.changed.collisions += changed.collisions;
                    self.changed.cut += changed.cut;
                }
                set.iter()
                    .map(|(name, value)| attribute(name, value))
                    .collect::<Vec<_>>()
            };
            described.push((*part, self.name(def, *part).into(), attributes));
        }
        let bytes = described
            .iter()
            .flat_map(|(_, _, attributes)| attributes)
            .map(|attribute| attribute.encoded_len() + 2)
            .sum();
        Described {
            _def: Arc::clone(def),
            parts: described,
            bytes,
        }
    }

    fn name(&self, def: &SeriesDef, part: Part) -> String {
        match (&self.names, def.family) {
            (OtlpNames::K6 { .. }, Family::K6) => {
                let total = if def.kind == Kind::Rate { ".total" } else { "" };
                format!("{}{}{total}", self.prefix, def.metric)
            }
            (OtlpNames::K6 { .. } | OtlpNames::Prometheus, _) => {
                def.wire().bare_name(&self.prefix, part)
            }
        }
    }

    /// Units make suffixes in Prometheus: only those that remote write's names have.
    fn unit(&self, def: &SeriesDef) -> &'static str {
        let k6 = matches!(self.names, OtlpNames::K6 { .. }) && def.family == Family::K6;
        match (def.kind, def.contains) {
            (Kind::Rate, _) | (_, Contains::Default) => "",
            (_, Contains::Time) if k6 => "ms",
            (_, Contains::Data) if k6 => "By",
            (Kind::Trend, Contains::Time) => "s",
            (Kind::Trend, Contains::Data) => "By",
            (Kind::Counter | Kind::Gauge, Contains::Time | Contains::Data) => "",
        }
    }

    fn resource(&self, run: &Run) -> Resource {
        let label = |wanted: &str| {
            let found = run.labels.iter().find(|(name, _)| name == wanted);
            found.map_or("", |(_, value)| value.as_str())
        };
        let (service, version) = match &self.names {
            OtlpNames::Prometheus => (label("job"), env!("CARGO_PKG_VERSION")),
            OtlpNames::K6 {
                service, version, ..
            } => (service.as_str(), version.as_str()),
        };
        let mut attributes = vec![
            attribute("service.name", service),
            attribute("service.instance.id", label("instance")),
            attribute("service.version", version),
        ];
        let others = run
            .labels
            .iter()
            .filter(|(name, _)| name != "job" && name != "instance");
        for (name, value) in others.chain(&self.resource) {
            if attributes.iter().all(|known| known.key != *name) {
                attributes.push(attribute(name, value));
            }
        }
        Resource {
            attributes,
            ..Resource::default()
        }
    }

    fn trends(&self) -> Trends {
        match self.names {
            OtlpNames::Prometheus => Trends::Exponential,
            OtlpNames::K6 { .. } => Trends::Explicit,
        }
    }

    /// The message with these points, and how many there are as the receiver counts them.
    pub(super) fn message(&mut self, points: &[Point]) -> (ExportMetricsServiceRequest, u64) {
        if self.known.len() > KNOWN_LIMIT {
            self.known.clear();
        }
        let mut metrics: Vec<Metric> = Vec::new();
        let mut places: HashMap<(Arc<str>, bool), usize> = HashMap::new();
        let mut offered = 0;
        let trends = self.trends();
        for chunk in chunks(points) {
            let def = Arc::clone(&chunk[0].series);
            let unit = self.unit(&def);
            for (part, name, attributes) in &self.described(&def).parts {
                let key = (Arc::clone(name), *part == Part::Ratio);
                let place = *places.entry(key).or_insert_with(|| {
                    metrics.push(Metric {
                        name: name.to_string(),
                        description: def.help.clone(),
                        unit: unit.to_owned(),
                        data: Some(empty(def.kind, *part, trends)),
                        ..Metric::default()
                    });
                    metrics.len() - 1
                });
                for point in chunk {
                    offered += add(&mut metrics[place], *part, point, attributes);
                }
            }
        }
        let scope = match self.names {
            OtlpNames::Prometheus => "loadd",
            OtlpNames::K6 { .. } => "k6",
        };
        let resource = points.first().map(|point| self.resource(&point.series.run));
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource,
                scope_metrics: vec![ScopeMetrics {
                    scope: Some(InstrumentationScope {
                        name: scope.to_owned(),
                        version: env!("CARGO_PKG_VERSION").to_owned(),
                        ..InstrumentationScope::default()
                    }),
                    metrics,
                    ..ScopeMetrics::default()
                }],
                ..ResourceMetrics::default()
            }],
        };
        (request, offered)
    }
}

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(any_value::Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

/// gzip of a body; into memory nothing fails.
fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    match encoder.write_all(plain).and_then(|()| encoder.finish()) {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::error!(%error, "otlp_gzip");
            Vec::new()
        }
    }
}

impl Codec for OtlpCodec {
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        match (self.protocol, self.compression) {
            (OtlpProtocol::Http, Compression::None) => {
                &[("content-type", "application/x-protobuf")]
            }
            (OtlpProtocol::Http, Compression::Gzip) => &[
                ("content-type", "application/x-protobuf"),
                ("content-encoding", "gzip"),
            ],
            (OtlpProtocol::Grpc, Compression::None) => {
                &[("content-type", "application/grpc"), ("te", "trailers")]
            }
            (OtlpProtocol::Grpc, Compression::Gzip) => &[
                ("content-type", "application/grpc"),
                ("te", "trailers"),
                ("grpc-encoding", "gzip"),
            ],
        }
    }

    fn rules(&self) -> Rules {
        Rules::Otlp
    }

    fn weigh(&mut self, points: &[Point]) -> Weight {
        let described = self.described(&points[0].series);
        let values: usize = points.iter().map(|point| point.reading.len() + 40).sum();
        Weight {
            series: described.parts.len(),
            // Gaps between buckets are bytes here, and receivers of gRPC take 4 MiB.
            bytes: 2 * (described.bytes * points.len() + values),
        }
    }

    fn encode(&mut self, points: &[Point]) -> Encoded {
        let (request, offered) = self.message(points);
        self.offered = offered;
        let plain = request.encode_to_vec();
        let (packed, body) = match self.compression {
            Compression::None => (0, plain),
            Compression::Gzip => (1, gzip(&plain)),
        };
        let bytes: Bytes = match self.protocol {
            OtlpProtocol::Http => body.into(),
            OtlpProtocol::Grpc => {
                let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
                let mut framed = Vec::with_capacity(body.len() + 5);
                framed.push(packed);
                framed.extend_from_slice(&length.to_be_bytes());
                framed.extend_from_slice(&body);
                framed.into()
            }
        };
        Encoded { bytes, offered }
    }

    fn changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    fn fall_back(&mut self) -> bool {
        false
    }

    fn restore(&mut self) {}

    fn read_reply(&self, outcome: &mut Outcome, body: &[u8]) {
        let (Outcome::Reply {
            status: 200..=299,
            written,
            ..
        }
        | Outcome::Grpc {
            code: 0, written, ..
        }) = outcome
        else {
            return;
        };
        // An empty body, or one in words, means that everything was taken.
        let partial = ExportMetricsServiceResponse::decode(body)
            .ok()
            .and_then(|response| response.partial_success);
        let rejected = partial.map_or(0, |partial| partial.rejected_data_points);
        let rejected = u64::try_from(rejected).unwrap_or(0);
        *written = Some(self.offered.saturating_sub(rejected));
    }
}
