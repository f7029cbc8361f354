//! Quantiles: as Prometheus 3 computes them, and as k6 shows them.
//!
//! Both interpolate exponentially within a bucket, so that an estimate and the true value lie in the same bucket and differ by
//! at most the bucket's relative width, 2^(2^-schema) - 1.

use super::{
    Histogram,
    schema::{lower_edge, upper_edge},
};

/// A populated bucket, from the least value to the greatest.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    lower: f64,
    upper: f64,
    count: u64,
}

impl Histogram {
    /// `histogram_quantile(q, ...)` of Prometheus 3: NaN without samples, infinite where q lies outside 0..=1.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        if q.is_nan() || self.count == 0 {
            return f64::NAN;
        }
        if !(0.0..=1.0).contains(&q) {
            return if q < 0.0 {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            };
        }
        let rank = q * self.count as f64;
        let mut below = 0u64;
        let mut last = None;
        for bucket in self.ascending() {
            last = Some(bucket);
            if (below + bucket.count) as f64 >= rank {
                return interpolate(
                    bucket,
                    ((rank - below as f64) / bucket.count as f64).clamp(0.0, 1.0),
                );
            }
            below += bucket.count;
        }
        last.map_or(f64::NAN, |bucket| bucket.upper)
    }

    /// k6's percentile, 0 to 100: the order statistic at p/100 * (n-1), linear between its neighbours; never outside the
    /// exact least and greatest value; 0 without samples. Samples in the zero bucket count as 0. Where the samples are no
    /// times, an estimate is the shortest decimal of its bucket.
    #[must_use]
    pub fn percentile(&self, p: f64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let position = (p / 100.0).clamp(0.0, 1.0) * (self.count - 1) as f64;
        let before = position.floor();
        let share = position - before;
        let low = self.order_statistic(before as u64);
        if share == 0.0 {
            return low;
        }
        let high = self.order_statistic(before as u64 + 1);
        low + (high - low) * share
    }

    /// Estimate of the sample at a place in the sorted order, from 0.
    fn order_statistic(&self, place: u64) -> f64 {
        let (min, max) = (self.min(), self.max());
        if place == 0 {
            return min;
        }
        if place >= self.count - 1 {
            return max;
        }
        let mut below = 0;
        for bucket in self.ascending() {
            if place < below + bucket.count {
                if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
                    return 0f64.clamp(min, max);
                }
                // The middle of this sample's part of what the bucket can hold.
                let held = Bucket {
                    lower: bucket.lower.max(min),
                    upper: bucket.upper.min(max),
                    count: bucket.count,
                };
                let share = ((place - below) as f64 + 0.5) / bucket.count as f64;
                let estimate = interpolate(held, share).clamp(min, max);
                if self.is_time() {
                    return estimate;
                }
                // What a script adds is mostly whole or has few decimals.
                return shortest_decimal(held, estimate);
            }
            below += bucket.count;
        }
        max
    }

    fn ascending(&self) -> impl Iterator<Item = Bucket> {
        let schema = self.schema;
        let (has_negative, has_positive) = (!self.negative.is_empty(), !self.positive.is_empty());
        let threshold = self.zero_threshold;
        let negative = self
            .negative
            .iter()
            .rev()
            .map(move |(index, count)| Bucket {
                lower: -upper_edge(index, schema),
                upper: -lower_edge(index, schema),
                count,
            });
        // Without negative buckets the zero bucket begins at 0, without positive ones it ends there.
        let zero = (self.zero_count > 0).then_some(Bucket {
            lower: if has_positive && !has_negative {
                0.0
            } else {
                -threshold
            },
            upper: if has_negative && !has_positive {
                0.0
            } else {
                threshold
            },
            count: self.zero_count,
        });
        let positive = self.positive.iter().map(move |(index, count)| Bucket {
            lower: lower_edge(index, schema),
            upper: upper_edge(index, schema),
            count,
        });
        negative.chain(zero).chain(positive)
    }
}

/// Of all values in a bucket, which are equally good estimates, the decimal with the fewest digits that is nearest to this
/// one: the median of 10, 20 and 30 is 20, and not 20.03.
fn shortest_decimal(bucket: Bucket, estimate: f64) -> f64 {
    let widest = bucket.upper.abs().max(bucket.lower.abs());
    let first = widest.log10().floor() as i32;
    // An `f64` has 17 digits at most.
    for exponent in (first - 17..=first).rev() {
        let rounded = if exponent < 0 {
            let scale = 10f64.powi(-exponent);
            (estimate * scale).round() / scale
        } else {
            let step = 10f64.powi(exponent);
            (estimate / step).round() * step
        };
        if rounded.is_finite() && (bucket.lower..=bucket.upper).contains(&rounded) {
            return rounded;
        }
    }
    estimate
}

fn interpolate(bucket: Bucket, share: f64) -> f64 {
    let Bucket { lower, upper, .. } = bucket;
    if lower <= 0.0 && upper >= 0.0 {
        return lower + (upper - lower) * share;
    }
    if lower > 0.0 {
        (lower.log2() + (upper.log2() - lower.log2()) * share).exp2()
    } else {
        let (near, far) = ((-upper).log2(), (-lower).log2());
        -(near + (far - near) * (1.0 - share)).exp2()
    }
}
