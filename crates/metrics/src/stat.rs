//! Statistics of a trend as k6 names and shows them: in the script's unit, milliseconds for times.

use crate::Histogram;

/// A statistic of a trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TrendStat {
    /// `avg`
    Avg,
    /// `min`
    Min,
    /// `med`, the same as p(50)
    Med,
    /// `max`
    Max,
    /// `count`
    Count,
    /// `p(N)`, 0 to 100
    Percentile(f64),
}

impl TrendStat {
    /// From k6's text (`avg`, `p(99.9)`); `None` where it is none, or its percentile is outside 0 to 100.
    #[must_use]
    pub fn parse(text: &str) -> Option<TrendStat> {
        match text {
            "avg" => Some(TrendStat::Avg),
            "min" => Some(TrendStat::Min),
            "med" => Some(TrendStat::Med),
            "max" => Some(TrendStat::Max),
            "count" => Some(TrendStat::Count),
            text => {
                let number = text.strip_prefix("p(")?.strip_suffix(')')?;
                let number: f64 = number.trim().parse().ok()?;
                (0.0..=100.0)
                    .contains(&number)
                    .then_some(TrendStat::Percentile(number))
            }
        }
    }
}

impl Histogram {
    /// A statistic in the script's unit: milliseconds for times. 0 without samples. Exact, but for percentiles, which are
    /// within [`Histogram::relative_error`].
    #[must_use]
    pub fn stat(&self, stat: TrendStat) -> f64 {
        match stat {
            TrendStat::Avg if self.count() == 0 => 0.0,
            TrendStat::Avg => self.sum_in_script_unit() / self.count() as f64,
            TrendStat::Min => self.min_in_script_unit(),
            TrendStat::Med => self.stat(TrendStat::Percentile(50.0)),
            TrendStat::Max => self.max_in_script_unit(),
            TrendStat::Count => self.count() as f64,
            TrendStat::Percentile(p) => {
                let scale = if self.is_time() { 1e3 } else { 1.0 };
                (self.percentile(p) * scale)
                    .clamp(self.min_in_script_unit(), self.max_in_script_unit())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_k6s_names_are_statistics() {
        assert_eq!(
            TrendStat::parse("p(99.9)"),
            Some(TrendStat::Percentile(99.9))
        );
        assert_eq!(TrendStat::parse("med"), Some(TrendStat::Med));
        for text in [
            "", "p", "p(", "p()", "p(101)", "p(-1)", "p(x)", "p95", "AVG", "p(NaN)",
        ] {
            assert_eq!(TrendStat::parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_told_in_milliseconds() {
        let mut trend = Histogram::times(7);
        trend.observe(1_500_000);
        trend.observe(2_500_000);
        let stats = [
            TrendStat::Avg,
            TrendStat::Min,
            TrendStat::Max,
            TrendStat::Percentile(100.0),
            TrendStat::Count,
        ];
        assert_eq!(
            stats.map(|stat| trend.stat(stat)),
            [2.0, 1.5, 2.5, 2.5, 2.0]
        );
    }
}
