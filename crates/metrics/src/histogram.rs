//! Native histograms.

/// A cumulative native histogram.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    _private: (),
}
