//! The messages of remote write 2.0 (`io.prometheus.write.v2.Request`, text rc.4), written by hand: no protoc, no build
//! script. The histogram is that of [`super::v1`].

/// io.prometheus.write.v2.Request
#[derive(Clone, PartialEq, prost::Message)]
pub struct Request {
    /// Every string once; the first one is empty.
    #[prost(string, repeated, tag = "4")]
    pub symbols: Vec<String>,
    /// Series.
    #[prost(message, repeated, tag = "5")]
    pub timeseries: Vec<TimeSeries>,
}
/// One series: samples or histograms, never both.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    /// Pairs of references, sorted by the label's name.
    #[prost(uint32, repeated, tag = "1")]
    pub labels_refs: Vec<u32>,
    /// Counters and gauges.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Native histograms.
    #[prost(message, repeated, tag = "3")]
    pub histograms: Vec<super::v1::Histogram>,
    /// Exemplars.
    #[prost(message, repeated, tag = "4")]
    pub exemplars: Vec<Exemplar>,
    /// Type, help and unit.
    #[prost(message, optional, tag = "5")]
    pub metadata: Option<Metadata>,
    /// Of receivers before rc.4; never set: with an old histogram it kills Prometheus 3.5.
    #[prost(int64, tag = "6")]
    pub created_timestamp: i64,
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
    /// Since when it counts, Unix milliseconds; 0: not known, or no counter.
    #[prost(int64, tag = "3")]
    pub start_timestamp: i64,
}
/// One exemplar.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    /// Pairs of references.
    #[prost(uint32, repeated, tag = "1")]
    pub labels_refs: Vec<u32>,
    /// Value.
    #[prost(double, tag = "2")]
    pub value: f64,
    /// Unix milliseconds.
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}
/// Type, help and unit of a metric.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metadata {
    /// 1 counter, 2 gauge, 3 histogram.
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    /// Help.
    #[prost(uint32, tag = "3")]
    pub help_ref: u32,
    /// Unit.
    #[prost(uint32, tag = "4")]
    pub unit_ref: u32,
}
