//! The messages of remote write 1.0 (`prometheus.WriteRequest`), written by hand: no protoc, no build script.
//!
//! Proven byte for byte by the worked example in `tests/data`. [`Histogram`] has the same field numbers in version 2.0;
//! the spool keeps histograms in this form, without a time stamp.

/// prometheus.WriteRequest (remote write 1.0)
#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    /// Series, each with its full label set.
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
    /// Not in the specification; Prometheus' receiver ignores it.
    #[prost(message, repeated, tag = "3")]
    pub metadata: Vec<MetricMetadata>,
}
/// Type, help and unit of a metric.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MetricMetadata {
    /// Numbers as in v2::Metadata.
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    /// Name.
    #[prost(string, tag = "2")]
    pub metric_family_name: String,
    /// Help.
    #[prost(string, tag = "4")]
    pub help: String,
    /// Unit.
    #[prost(string, tag = "5")]
    pub unit: String,
}
/// One series: samples or histograms, never both.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    /// Labels, sorted by name as bytes.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// Counters and gauges.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Exemplars.
    #[prost(message, repeated, tag = "3")]
    pub exemplars: Vec<Exemplar>,
    /// Native histograms.
    #[prost(message, repeated, tag = "4")]
    pub histograms: Vec<Histogram>,
}
/// One exemplar.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    /// Labels, sorted by name as bytes.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// Value.
    #[prost(double, tag = "2")]
    pub value: f64,
    /// Unix milliseconds.
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}
/// One label.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Label {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Value.
    #[prost(string, tag = "2")]
    pub value: String,
}
/// One value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sample {
    /// Value.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Unix milliseconds.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// The histogram has the same field numbers in both versions;
/// start_timestamp (17) and custom_values (16) belong to 2.0 only.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Histogram {
    /// All samples.
    #[prost(oneof = "Count", tags = "1, 2")]
    pub count: Option<Count>,
    /// Sum of all samples.
    #[prost(double, tag = "3")]
    pub sum: f64,
    /// -4 to 8.
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    /// Half width of the zero bucket.
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    /// Samples in the zero bucket.
    #[prost(oneof = "ZeroCount", tags = "6, 7")]
    pub zero_count: Option<ZeroCount>,
    /// Runs of negative buckets.
    #[prost(message, repeated, tag = "8")]
    pub negative_spans: Vec<BucketSpan>,
    /// Counts, each as the difference to the one before.
    #[prost(sint64, repeated, tag = "9")]
    pub negative_deltas: Vec<i64>,
    /// Float histograms only.
    #[prost(double, repeated, tag = "10")]
    pub negative_counts: Vec<f64>,
    /// Runs of positive buckets.
    #[prost(message, repeated, tag = "11")]
    pub positive_spans: Vec<BucketSpan>,
    /// Counts, each as the difference to the one before.
    #[prost(sint64, repeated, tag = "12")]
    pub positive_deltas: Vec<i64>,
    /// Float histograms only.
    #[prost(double, repeated, tag = "13")]
    pub positive_counts: Vec<f64>,
    /// 0 unknown, 1 reset just happened, 2 no reset, 3 gauge
    #[prost(int32, tag = "14")]
    pub reset_hint: i32,
    /// Unix milliseconds.
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
    /// Version 2.0 only.
    #[prost(double, repeated, tag = "16")]
    pub custom_values: Vec<f64>,
    /// Version 2.0 only.
    #[prost(int64, tag = "17")]
    pub start_timestamp: i64,
}
/// Count of a histogram.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Count {
    /// Integer histograms: ours.
    #[prost(uint64, tag = "1")]
    Int(u64),
    /// Float histograms: never ours.
    #[prost(double, tag = "2")]
    Float(f64),
}
/// Count of the zero bucket.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ZeroCount {
    /// Integer histograms: ours.
    #[prost(uint64, tag = "6")]
    Int(u64),
    /// Float histograms: never ours.
    #[prost(double, tag = "7")]
    Float(f64),
}
/// A run of buckets.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BucketSpan {
    /// First index, later the gap to the span before.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// Buckets.
    #[prost(uint32, tag = "2")]
    pub length: u32,
}
