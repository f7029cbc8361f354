//! Classic histograms out of native ones: cumulative counts at configured bounds, and the text of `le`.

use loadd_metrics::{
    CLASSIC_PLAIN, CLASSIC_TIMES, Contains, Histogram, SavedAmounts, SavedHistogram, TrendStat,
};
use prost::Message;

use super::{histogram::validate, v1, values::float};
use crate::spool::record::Reading;

/// Upper bounds of classic buckets, rising, without `+Inf`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bounds {
    times: Vec<f64>,
    plain: Vec<f64>,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            times: CLASSIC_TIMES.to_vec(),
            plain: CLASSIC_PLAIN.to_vec(),
        }
    }
}

impl Bounds {
    /// As configured; an absent list has its defaults.
    pub(crate) fn new(times: Option<&[f64]>, plain: Option<&[f64]>) -> Bounds {
        Bounds {
            times: times.unwrap_or(&CLASSIC_TIMES).to_vec(),
            plain: plain.unwrap_or(&CLASSIC_PLAIN).to_vec(),
        }
    }

    /// Those of a metric.
    pub(crate) fn of(&self, contains: Contains) -> &[f64] {
        match contains {
            Contains::Time => &self.times,
            Contains::Default | Contains::Data => &self.plain,
        }
    }
}

/// A statistic of a trend that goes out as a gauge, as k6's `trendStats` do: it does not add up over workers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stat {
    Avg,
    Min,
    Max,
    Count,
    Sum,
    /// 0 to 1.
    Quantile(f64),
}

impl Stat {
    /// From k6's text; `None` where it is none.
    pub(crate) fn parse(text: &str) -> Option<Stat> {
        Some(match text {
            "avg" => Stat::Avg,
            "min" => Stat::Min,
            "max" => Stat::Max,
            "count" => Stat::Count,
            "sum" => Stat::Sum,
            "med" => Stat::Quantile(0.5),
            other => match TrendStat::parse(other)? {
                TrendStat::Percentile(percent) => Stat::Quantile(percent / 100.0),
                TrendStat::Avg
                | TrendStat::Min
                | TrendStat::Med
                | TrendStat::Max
                | TrendStat::Count => return None,
            },
        })
    }

    /// How k6 ends the metric's name with it: `p(99.9)` is `p999`.
    pub(crate) fn suffix(text: &str) -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect()
    }

    /// Least and greatest are known to the width of a bucket.
    fn of(self, histogram: &Histogram) -> f64 {
        match self {
            Stat::Avg => histogram.mean(),
            Stat::Min => histogram.quantile(0.0),
            Stat::Max => histogram.quantile(1.0),
            Stat::Count => float(histogram.count()),
            Stat::Sum => histogram.sum(),
            Stat::Quantile(share) => histogram.quantile(share),
        }
    }
}

/// A trend's reading as classic series have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cumulative {
    /// Count at each bound, count of all, sum of all, and the statistics; these are `None` without samples.
    Counts(Vec<u64>, u64, f64, Option<Vec<f64>>),
    /// The series have ended.
    Stale,
}

impl Cumulative {
    /// `None` for bytes that are no sound histogram: nothing of ours.
    pub(crate) fn of(reading: &Reading, bounds: &[f64], stats: &[Stat]) -> Option<Cumulative> {
        match reading {
            Reading::Histogram(message) => {
                let histogram = decode(message)?;
                let counts = histogram.classic(bounds);
                let (count, sum) = (histogram.count(), histogram.sum());
                let stats = stats.iter().map(|stat| stat.of(&histogram)).collect();
                let stats = (count > 0).then_some(stats);
                Some(Cumulative::Counts(counts, count, sum, stats))
            }
            Reading::Zero(_) => Some(Cumulative::Counts(vec![0; bounds.len()], 0, 0.0, None)),
            Reading::Stale => Some(Cumulative::Stale),
            Reading::Number(_) | Reading::Rate { .. } => None,
        }
    }
}

/// The histogram in a message of ours.
pub(crate) fn decode(message: &[u8]) -> Option<Histogram> {
    let message = v1::Histogram::decode(message).ok()?;
    validate(&message).ok()?;
    let Some(v1::ZeroCount::Int(zero_count)) = message.zero_count else {
        return None;
    };
    let saved = SavedHistogram {
        schema: i8::try_from(message.schema).ok()?,
        zero_threshold: message.zero_threshold,
        zero_count,
        positive: counts(&message.positive_spans, &message.positive_deltas),
        negative: counts(&message.negative_spans, &message.negative_deltas),
        amounts: SavedAmounts::Plain {
            sum: message.sum,
            min: 0.0,
            max: 0.0,
        },
    };
    Some(Histogram::restore(&saved))
}

fn counts(spans: &[v1::BucketSpan], deltas: &[i64]) -> Vec<(i32, u64)> {
    let mut deltas = deltas.iter();
    let mut count = 0_i64;
    let mut index = 0_i32;
    let mut counts = Vec::with_capacity(deltas.len());
    for span in spans {
        index = index.saturating_add(span.offset);
        for delta in deltas.by_ref().take(span.length as usize) {
            count = count.wrapping_add(*delta);
            if count != 0 {
                counts.push((index, count.cast_unsigned()));
            }
            index = index.saturating_add(1);
        }
    }
    counts
}

/// A bound as Prometheus 3 writes it: the shortest form with a point or an exponent in it.
pub(crate) fn le(bound: f64) -> String {
    if bound == f64::INFINITY {
        return "+Inf".to_owned();
    }
    let scientific = format!("{bound:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Go's rule of %g, which Prometheus follows.
    if (-4..6).contains(&exponent) {
        return format!("{bound:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote_write::histogram::Writer;

    #[test]
    fn le_has_one_spelling() {
        let rows = [
            (0.005, "0.005"),
            (1.0, "1.0"),
            (2.5, "2.5"),
            (100.0, "100.0"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1e-5, "1e-05"),
            (2.5e-7, "2.5e-07"),
            (0.0005, "0.0005"),
            (-3.0, "-3.0"),
            (0.0, "0.0"),
            (f64::INFINITY, "+Inf"),
        ];
        for (bound, expected) in rows {
            assert_eq!(le(bound), expected);
        }
    }

    #[test]
    fn a_message_is_read_back_as_the_histogram_that_it_was_written_from() {
        let mut histogram = Histogram::plain(7);
        for value in [-2.5, 0.0, 0.001, 1.0, 1.0, 7.0, 100.0] {
            histogram.add(value);
        }
        let message = Writer::default().write(&histogram).unwrap();
        let read = decode(&message).unwrap();
        assert!(read.positive().eq(histogram.positive()));
        assert!(read.negative().eq(histogram.negative()));
        assert_eq!(
            (read.count(), read.zero_count(), read.sum(), read.schema()),
            (7, 1, histogram.sum(), 7)
        );
        assert_eq!(
            Cumulative::of(
                &Reading::Histogram(message),
                &[0.0, 1.0, 50.0],
                &[Stat::Count]
            ),
            Some(Cumulative::Counts(
                vec![2, 5, 6],
                7,
                histogram.sum(),
                Some(vec![7.0])
            ))
        );
    }
}
