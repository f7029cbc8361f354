//! OTLP on the wire, as much of it as tests look at: written by hand, so that nothing of the sender judges the sender.
//! Field numbers as in `opentelemetry.proto`.

/// `ExportTraceServiceRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Traces {
    /// By resource.
    #[prost(message, repeated, tag = "1")]
    pub resources: Vec<ResourceSpans>,
}

/// Spans of one resource.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResourceSpans {
    /// Whose they are.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    /// By scope.
    #[prost(message, repeated, tag = "2")]
    pub scopes: Vec<ScopeSpans>,
}

/// Who sends.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Resource {
    /// What is said of it.
    #[prost(message, repeated, tag = "1")]
    pub attributes: Vec<KeyValue>,
}

/// Spans of one scope.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ScopeSpans {
    /// The spans.
    #[prost(message, repeated, tag = "2")]
    pub spans: Vec<Span>,
}

/// A span.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Span {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub trace: Vec<u8>,
    /// 8 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub span: Vec<u8>,
    /// 8 bytes, or none.
    #[prost(bytes = "vec", tag = "4")]
    pub parent: Vec<u8>,
    /// Its name.
    #[prost(string, tag = "5")]
    pub name: String,
    /// 3 is a client's.
    #[prost(int32, tag = "6")]
    pub kind: i32,
    /// In nanoseconds since the epoch.
    #[prost(fixed64, tag = "7")]
    pub start: u64,
    /// In nanoseconds since the epoch.
    #[prost(fixed64, tag = "8")]
    pub end: u64,
    /// What is said of it.
    #[prost(message, repeated, tag = "9")]
    pub attributes: Vec<KeyValue>,
}

/// An attribute.
#[derive(Clone, PartialEq, prost::Message)]
pub struct KeyValue {
    /// Its name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Its value.
    #[prost(message, optional, tag = "2")]
    pub value: Option<AnyValue>,
}

/// A text or a whole number; the other kinds are not looked at.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AnyValue {
    /// A text.
    #[prost(string, optional, tag = "1")]
    pub text: Option<String>,
    /// A whole number.
    #[prost(int64, optional, tag = "3")]
    pub whole: Option<i64>,
}

/// `ExportMetricsServiceRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metrics {
    /// By resource.
    #[prost(message, repeated, tag = "1")]
    pub resources: Vec<ResourceMetrics>,
}

/// Metrics of one resource.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResourceMetrics {
    /// Who speaks.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    /// By scope.
    #[prost(message, repeated, tag = "2")]
    pub scopes: Vec<ScopeMetrics>,
}

/// Metrics of one scope.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ScopeMetrics {
    /// The metrics.
    #[prost(message, repeated, tag = "2")]
    pub metrics: Vec<Metric>,
}

/// A metric with its points.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metric {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// In UCUM.
    #[prost(string, tag = "3")]
    pub unit: String,
    /// Where it is a gauge.
    #[prost(message, optional, tag = "5")]
    pub gauge: Option<Gauge>,
    /// Where it is a counter.
    #[prost(message, optional, tag = "7")]
    pub sum: Option<Sum>,
    /// Where it is a distribution with the bounds of its buckets.
    #[prost(message, optional, tag = "9")]
    pub explicit: Option<Explicit>,
    /// Where it is a distribution.
    #[prost(message, optional, tag = "10")]
    pub exponential: Option<Exponential>,
}

/// A gauge.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Gauge {
    /// One per series.
    #[prost(message, repeated, tag = "1")]
    pub points: Vec<Number>,
}

/// A counter.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sum {
    /// One per series.
    #[prost(message, repeated, tag = "1")]
    pub points: Vec<Number>,
    /// 2 is cumulative.
    #[prost(int32, tag = "2")]
    pub temporality: i32,
}

/// A point of a counter.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Number {
    /// In nanoseconds since the epoch.
    #[prost(fixed64, tag = "3")]
    pub time: u64,
    /// Its value.
    #[prost(double, optional, tag = "4")]
    pub double: Option<f64>,
    /// Its value where it is a whole number.
    #[prost(sfixed64, optional, tag = "6")]
    pub whole: Option<i64>,
    /// Its labels.
    #[prost(message, repeated, tag = "7")]
    pub attributes: Vec<KeyValue>,
    /// 1: the series has ended.
    #[prost(uint32, tag = "8")]
    pub flags: u32,
}

/// A distribution with the bounds of its buckets.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Explicit {
    /// One per series.
    #[prost(message, repeated, tag = "1")]
    pub points: Vec<ExplicitPoint>,
}

/// A point of such a distribution.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExplicitPoint {
    /// Of all observations.
    #[prost(fixed64, tag = "4")]
    pub count: u64,
    /// Its labels.
    #[prost(message, repeated, tag = "9")]
    pub attributes: Vec<KeyValue>,
    /// 1: the series has ended.
    #[prost(uint32, tag = "10")]
    pub flags: u32,
}

/// A distribution with exponential buckets.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exponential {
    /// One per series.
    #[prost(message, repeated, tag = "1")]
    pub points: Vec<Distribution>,
    /// 2 is cumulative.
    #[prost(int32, tag = "2")]
    pub temporality: i32,
}

/// A point of a distribution.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Distribution {
    /// In nanoseconds since the epoch.
    #[prost(fixed64, tag = "3")]
    pub time: u64,
    /// Of all observations.
    #[prost(fixed64, tag = "4")]
    pub count: u64,
    /// Of all observations.
    #[prost(double, optional, tag = "5")]
    pub sum: Option<f64>,
    /// The base of the buckets is 2^(2^-scale).
    #[prost(sint32, tag = "6")]
    pub scale: i32,
    /// Observations in the zero bucket.
    #[prost(fixed64, tag = "7")]
    pub zero_count: u64,
    /// The other ones.
    #[prost(message, optional, tag = "8")]
    pub positive: Option<Buckets>,
    /// Its labels.
    #[prost(message, repeated, tag = "1")]
    pub attributes: Vec<KeyValue>,
    /// 1: the series has ended.
    #[prost(uint32, tag = "10")]
    pub flags: u32,
    /// Requests behind it.
    #[prost(message, repeated, tag = "11")]
    pub exemplars: Vec<Exemplar>,
}

/// A run of buckets.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Buckets {
    /// Index of the first.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// Observations in each.
    #[prost(uint64, repeated, tag = "2")]
    pub counts: Vec<u64>,
}

/// A request behind a value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    /// In nanoseconds since the epoch.
    #[prost(fixed64, tag = "2")]
    pub time: u64,
    /// The value.
    #[prost(double, optional, tag = "3")]
    pub value: Option<f64>,
    /// Its span.
    #[prost(bytes = "vec", tag = "4")]
    pub span: Vec<u8>,
    /// Its trace.
    #[prost(bytes = "vec", tag = "5")]
    pub trace: Vec<u8>,
}

/// Bytes as OTLP's JSON and W3C's headers show them.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
