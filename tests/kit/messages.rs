//! Remote write 1.0 on the wire, decoded with messages of the kit's own: it shares no code with what it judges.
//! Field numbers as in `prometheus.WriteRequest`.

/// `prometheus.WriteRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    /// The series.
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
}

/// One series: labels, and samples or histograms.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    /// Sorted by name; `__name__` among them.
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

/// A label.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Label {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A request behind a value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    /// Where to find it.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// Value.
    #[prost(double, tag = "2")]
    pub value: f64,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}

/// A float at a time.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sample {
    /// Value; a NaN with certain bits is a staleness marker.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// A native histogram at a time; the fields that tests look at.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Histogram {
    /// Values.
    #[prost(uint64, tag = "1")]
    pub count: u64,
    /// Their sum; with certain NaN bits a staleness marker.
    #[prost(double, tag = "3")]
    pub sum: f64,
    /// Resolution.
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    /// Width of the zero bucket.
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    /// Values in the zero bucket.
    #[prost(uint64, tag = "6")]
    pub zero_count: u64,
    /// 0: unknown.
    #[prost(int32, tag = "14")]
    pub reset_hint: i32,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
}

/// The bits of a staleness marker.
pub const STALE: u64 = 0x7ff0_0000_0000_0002;

impl TimeSeries {
    /// The value of a label, or nothing.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels
            .iter()
            .find(|label| label.name == name)
            .map_or("", |label| label.value.as_str())
    }

    /// The metric's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.label("__name__")
    }
}
