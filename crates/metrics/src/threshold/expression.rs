//! `METHOD OP NUMBER`.

use std::{fmt, str::FromStr};

use super::ThresholdFault;
use crate::{Kind, TrendStat, Value};

/// What of a metric is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// `count` of a counter
    Count,
    /// `rate` of a counter (per second) or of a rate (0 to 1)
    Rate,
    /// `value` of a gauge
    Value,
    /// `avg`, `min`, `max`, `med`, `p(N)` of a trend
    Trend(TrendStat),
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`, `===`
    Equal,
    /// `!=`
    NotEqual,
}

/// One parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    text: String,
    method: Method,
    method_text: String,
    comparison: Comparison,
    limit: f64,
}

/// In the order in which k6 looks for them.
const COMPARISONS: [(&str, Comparison); 7] = [
    ("<=", Comparison::LessOrEqual),
    ("<", Comparison::Less),
    (">=", Comparison::GreaterOrEqual),
    (">", Comparison::Greater),
    ("===", Comparison::Equal),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
];

impl Threshold {
    /// From k6's text.
    ///
    /// # Errors
    /// The text's first fault.
    pub fn parse(text: &str) -> Result<Threshold, ThresholdFault> {
        let (before, comparison, after) = COMPARISONS
            .iter()
            .find_map(|(sign, comparison)| {
                text.split_once(sign)
                    .map(|(before, after)| (before, *comparison, after))
            })
            .ok_or(ThresholdFault::NoOperator)?;
        let (method_text, number) = (before.trim(), after.trim());
        let method = Method::parse(method_text)?;
        let limit = number
            .parse()
            .map_err(|_| ThresholdFault::Number(number.to_owned()))?;
        Ok(Threshold {
            text: text.to_owned(),
            method,
            method_text: method_text.to_owned(),
            comparison,
            limit,
        })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is compared.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The method as it was written.
    #[must_use]
    pub fn method_text(&self) -> &str {
        &self.method_text
    }

    /// How it is compared.
    #[must_use]
    pub fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// What it is compared with.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// Whether the method fits a kind of metric.
    ///
    /// # Errors
    /// The methods that would.
    pub fn fits(&self, kind: Kind) -> Result<(), ThresholdFault> {
        let (fits, fitting) = match kind {
            Kind::Counter => (
                matches!(self.method, Method::Count | Method::Rate),
                "count and rate",
            ),
            Kind::Gauge => (self.method == Method::Value, "value"),
            Kind::Rate => (self.method == Method::Rate, "rate"),
            Kind::Trend => (
                matches!(self.method, Method::Trend(_)),
                "avg, min, max, med and p(N)",
            ),
        };
        let unfit = || ThresholdFault::Unfit {
            method: self.method_text.clone(),
            kind: kind.as_str(),
            fitting,
        };
        if fits { Ok(()) } else { Err(unfit()) }
    }

    /// Whether a value holds.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::Less => value < self.limit,
            Comparison::LessOrEqual => value <= self.limit,
            Comparison::Greater => value > self.limit,
            Comparison::GreaterOrEqual => value >= self.limit,
            Comparison::Equal => value == self.limit,
            Comparison::NotEqual => value != self.limit,
        }
    }

    /// The number to compare, in the script's unit; `None` where there is none (a rate per second after no time, or a method
    /// that does not fit).
    #[must_use]
    pub fn value_of(&self, value: &Value, elapsed_seconds: f64) -> Option<f64> {
        match (self.method, value) {
            (Method::Count, Value::Counter(sum)) => Some(*sum),
            (Method::Rate, Value::Counter(sum)) => {
                (elapsed_seconds > 0.0).then(|| sum / elapsed_seconds)
            }
            (Method::Rate, Value::Rate { nonzero, total }) => {
                (*total > 0).then(|| *nonzero as f64 / *total as f64)
            }
            (Method::Value, Value::Gauge(gauge)) => gauge.map(|gauge| gauge.last),
            (Method::Trend(stat), Value::Trend(histogram)) => Some(histogram.stat(stat)),
            (Method::Count | Method::Rate | Method::Value | Method::Trend(_), _) => None,
        }
    }
}

impl FromStr for Threshold {
    type Err = ThresholdFault;

    fn from_str(text: &str) -> Result<Threshold, ThresholdFault> {
        Threshold::parse(text)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Method {
    fn parse(text: &str) -> Result<Method, ThresholdFault> {
        match text {
            "count" => Ok(Method::Count),
            "rate" => Ok(Method::Rate),
            "value" => Ok(Method::Value),
            // As k6: without a number it is the least.
            "p" => Ok(Method::Trend(TrendStat::Percentile(0.0))),
            text => match TrendStat::parse(text) {
                Some(stat) => Ok(Method::Trend(stat)),
                None if text.starts_with("p(") && text.ends_with(')') => {
                    Err(ThresholdFault::Percentile(text.to_owned()))
                }
                None => Err(ThresholdFault::Method(text.to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_k6_reads_them() {
        let p = |n| Method::Trend(TrendStat::Percentile(n));
        for (text, method, comparison, limit) in [
            ("p(95)<500", p(95.0), Comparison::Less, 500.0),
            (" p(99.9) <= 1e3 ", p(99.9), Comparison::LessOrEqual, 1000.0),
            ("p<1", p(0.0), Comparison::Less, 1.0),
            ("count>=-3", Method::Count, Comparison::GreaterOrEqual, -3.0),
            ("rate>0.9", Method::Rate, Comparison::Greater, 0.9),
            ("value==0", Method::Value, Comparison::Equal, 0.0),
            ("value===0", Method::Value, Comparison::Equal, 0.0),
            (
                "med!=.5",
                Method::Trend(TrendStat::Med),
                Comparison::NotEqual,
                0.5,
            ),
        ] {
            let threshold =
                Threshold::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
            assert_eq!(
                (
                    threshold.method(),
                    threshold.comparison(),
                    threshold.limit()
                ),
                (method, comparison, limit),
                "{text}"
            );
            assert_eq!(threshold.text(), text);
        }
    }

    #[test]
    fn malformed_expressions_are_refused() {
        for text in [
            "",
            "p(95)",
            "500>p(95)",
            "p(95)<500ms",
            "p(95)<",
            "p(95)=500",
            "p(101)<1",
            "p(x)<1",
            "mean<1",
            "<1",
            "p(95)<1<2",
        ] {
            assert!(Threshold::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn any_text_is_parsed_or_refused_without_a_panic() {
        bolero::check!()
            .with_iterations(4_000)
            .for_each(|bytes: &[u8]| {
                let text = String::from_utf8_lossy(bytes);
                if let Ok(threshold) = Threshold::parse(&text) {
                    assert_eq!(
                        Threshold::parse(threshold.text()).map(|again| again.comparison()),
                        Ok(threshold.comparison())
                    );
                }
                if let Ok(selector) = crate::Selector::parse(&text) {
                    let again = crate::Selector::parse(&selector.name())
                        .expect("a selector's name is a selector");
                    assert_eq!(again.pairs(), selector.pairs());
                }
            });
    }
}
