//! What a request asks of the service beside its answer: delay, errors, stalls. Pure: chance and the time are arguments.

use std::time::Duration;

use http::StatusCode;

use crate::{
    query::{self, LONGEST},
    random::Random,
};

/// How a request wants to be treated; parsed from the query, the same on every path.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Behaviour {
    pub(crate) delay: Option<Delay>,
    pub(crate) error: Option<Fault>,
    pub(crate) stall: Option<Stall>,
}

/// A distribution of delays between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Delay {
    shape: Shape,
    min: f64,
    max: f64,
}

/// All in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Constant(f64),
    Uniform,
    Normal { mean: f64, sigma: f64 },
    LogNormal { median: f64, sigma: f64 },
    Exponential { mean: f64 },
}

/// Answers with an error, now and then or always.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fault {
    pub(crate) rate: f64,
    pub(crate) status: StatusCode,
}

/// The whole service stands still at the start of every period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stall {
    every: Duration,
    length: Duration,
}

impl Behaviour {
    /// Reads the parameters that are ours and leaves all others alone.
    ///
    /// # Errors
    /// One sentence that names the parameter.
    pub(crate) fn parse(query: &str) -> Result<Behaviour, String> {
        let mut delay = DelayText::default();
        let (mut rate, mut status, mut every, mut length) = (None, None, None, None);
        for (name, value) in query::pairs(query) {
            match &*name {
                "ms" => delay.ms = Some(query::duration("ms", &value)?.as_secs_f64()),
                "min" => delay.min = Some(query::duration("min", &value)?.as_secs_f64()),
                "max" => delay.max = Some(query::duration("max", &value)?.as_secs_f64()),
                "sigma" => delay.sigma = Some(query::number("sigma", &value)?),
                "dist" => delay.dist = Some(value.into_owned()),
                "error_rate" => rate = Some(error_rate(&value)?),
                "status" => status = Some(status_code(&value)?),
                "stall_every" => every = Some(query::duration("stall_every", &value)?),
                "stall_for" => length = Some(query::duration("stall_for", &value)?),
                _ => {}
            }
        }
        Ok(Behaviour {
            delay: delay.resolve()?,
            error: fault(rate, status),
            stall: Stall::new(every, length)?,
        })
    }
}

fn error_rate(text: &str) -> Result<f64, String> {
    let rate = query::number("error_rate", text)?;
    if (0.0..=1.0).contains(&rate) {
        Ok(rate)
    } else {
        Err(format!("error_rate={text}: between 0 and 1"))
    }
}

/// A status that can end an exchange: 200 to 599 (1xx is no answer in HTTP/1.1).
pub(crate) fn status_code(text: &str) -> Result<StatusCode, String> {
    let code = query::whole("status", text, 599)? as u16;
    StatusCode::from_u16(code)
        .ok()
        .filter(|status| status.as_u16() >= 200)
        .ok_or_else(|| format!("status={text}: from 200 to 599"))
}

fn fault(rate: Option<f64>, status: Option<StatusCode>) -> Option<Fault> {
    match (rate, status) {
        (None, None) => None,
        (None, Some(status)) => Some(Fault { rate: 1.0, status }),
        (Some(rate), status) => Some(Fault {
            rate,
            status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        }),
    }
}

#[derive(Default)]
struct DelayText {
    dist: Option<String>,
    ms: Option<f64>,
    sigma: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

impl DelayText {
    fn resolve(self) -> Result<Option<Delay>, String> {
        let Some(dist) = self.dist.as_deref().or(self.ms.map(|_| "constant")) else {
            return if self.min.is_some() || self.max.is_some() || self.sigma.is_some() {
                Err("min, max and sigma need ms or dist".to_owned())
            } else {
                Ok(None)
            };
        };
        let ms = || self.ms.ok_or_else(|| format!("dist={dist} needs ms"));
        let sigma = |default: f64| match self.sigma {
            Some(sigma) if sigma < 0.0 => Err(format!("sigma={sigma}: not below 0")),
            sigma => Ok(sigma.unwrap_or(default)),
        };
        let shape = match dist {
            "constant" => Shape::Constant(ms()?),
            "uniform" => Shape::Uniform,
            "normal" => Shape::Normal {
                mean: ms()?,
                sigma: sigma(ms()? * 100.0)? / 1e3,
            },
            "lognormal" => Shape::LogNormal {
                median: ms()?,
                sigma: sigma(0.5)?,
            },
            "exponential" => Shape::Exponential { mean: ms()? },
            other => {
                return Err(format!(
                    "dist={other}: constant, uniform, normal, lognormal or exponential"
                ));
            }
        };
        if self.sigma.is_some() && !matches!(shape, Shape::Normal { .. } | Shape::LogNormal { .. })
        {
            return Err(format!("sigma means nothing to dist={dist}"));
        }
        let longest = LONGEST.as_secs_f64();
        let max = match (self.max, shape) {
            (Some(max), _) => max,
            (None, Shape::Uniform) => (ms()? * 2.0 - self.min.unwrap_or(0.0)).min(longest),
            (None, _) => longest,
        };
        let min = self.min.unwrap_or(0.0);
        if min > max {
            Err("min is above max".to_owned())
        } else {
            Ok(Some(Delay { shape, min, max }))
        }
    }
}

impl Delay {
    /// Always this long.
    pub(crate) fn constant(length: Duration) -> Delay {
        Delay {
            shape: Shape::Constant(length.as_secs_f64()),
            min: 0.0,
            max: LONGEST.as_secs_f64(),
        }
    }

    /// The next delay.
    pub(crate) fn draw(&self, random: &mut Random) -> Duration {
        let seconds = match self.shape {
            Shape::Constant(seconds) => seconds,
            Shape::Uniform => self.min + random.unit() * (self.max - self.min),
            Shape::Normal { mean, sigma } => mean + sigma * random.normal(),
            Shape::LogNormal { median, sigma } => median * (sigma * random.normal()).exp(),
            Shape::Exponential { mean } => mean * random.exponential(),
        };
        Duration::from_secs_f64(seconds.clamp(self.min, self.max))
    }
}

impl Stall {
    fn new(every: Option<Duration>, length: Option<Duration>) -> Result<Option<Stall>, String> {
        match (every, length) {
            (None, None) => Ok(None),
            (Some(every), Some(length)) if length < every => Ok(Some(Stall { every, length })),
            (Some(_), Some(_)) => Err("stall_for must be shorter than stall_every".to_owned()),
            _ => Err("stall_every and stall_for go together".to_owned()),
        }
    }

    /// How long the stall lasts from here, where `now` is the time since the epoch; 0 outside a stall.
    pub(crate) fn remaining(&self, now: Duration) -> Duration {
        let into = Duration::from_nanos((now.as_nanos() % self.every.as_nanos()) as u64);
        self.length.saturating_sub(into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_make_no_sense_are_named() {
        let table = [
            ("ms=soon", "ms=soon"),
            ("ms=-4", "ms=-4"),
            ("ms=700s", "600 s"),
            ("dist=normal", "needs ms"),
            ("dist=uniform", "needs ms"),
            ("dist=zipf&ms=1", "lognormal or exponential"),
            ("min=4", "need ms or dist"),
            ("dist=uniform&min=9&max=4", "min is above max"),
            ("ms=5&sigma=1", "means nothing"),
            ("dist=normal&ms=5&sigma=-1", "not below 0"),
            ("error_rate=2", "between 0 and 1"),
            ("error_rate=nan", "a number"),
            ("status=100", "from 200 to 599"),
            ("status=ok", "whole number"),
            ("stall_every=5s", "go together"),
            ("stall_every=1s&stall_for=1s", "shorter"),
        ];
        for (query, text) in table {
            let error = Behaviour::parse(query).expect_err(query);
            assert!(error.contains(text), "{query}: {error}");
        }
    }

    #[test]
    fn other_peoples_parameters_are_left_alone() {
        assert_eq!(
            Behaviour::parse("q=shoes&page=2&ms2=9"),
            Ok(Behaviour::default())
        );
    }

    #[test]
    fn a_status_alone_is_always_given_and_a_rate_alone_means_500() {
        let fault = |query| {
            Behaviour::parse(query)
                .expect(query)
                .error
                .map(|f| (f.rate, f.status.as_u16()))
        };
        assert_eq!(fault("status=503"), Some((1.0, 503)));
        assert_eq!(fault("error_rate=0.25"), Some((0.25, 500)));
        assert_eq!(fault("error_rate=0.5&status=429"), Some((0.5, 429)));
    }

    #[test]
    fn each_distribution_has_its_centre_and_keeps_its_bounds() {
        // query, expected mean in ms, least, greatest
        let table = [
            ("ms=200", 200.0, 200.0, 200.0),
            ("dist=uniform&min=100&max=300", 200.0, 100.0, 300.0),
            ("dist=uniform&ms=50", 50.0, 0.0, 100.0),
            ("dist=normal&ms=100&sigma=10", 100.0, 0.0, 600_000.0),
            (
                "dist=normal&ms=100&sigma=50&min=90&max=110",
                100.0,
                90.0,
                110.0,
            ),
            ("dist=lognormal&ms=100&sigma=0.5", 113.3, 0.0, 600_000.0),
            ("dist=exponential&ms=100", 100.0, 0.0, 600_000.0),
        ];
        for (query, mean, least, greatest) in table {
            let delay = Behaviour::parse(query).expect(query).delay.expect(query);
            let mut random = Random::new(3, 0);
            let draws: Vec<f64> = (0..20_000)
                .map(|_| delay.draw(&mut random).as_secs_f64() * 1e3)
                .collect();
            let found = draws.iter().sum::<f64>() / draws.len() as f64;
            assert!((found - mean).abs() < mean * 0.03, "{query}: mean {found}");
            assert!(
                draws
                    .iter()
                    .all(|ms| (least - 1e-6..=greatest + 1e-6).contains(ms)),
                "{query}"
            );
        }
    }

    #[test]
    fn a_stall_holds_whoever_comes_until_its_end() {
        let stall = Behaviour::parse("stall_every=5s&stall_for=1s")
            .expect("valid")
            .stall
            .expect("set");
        let left = |millis| stall.remaining(Duration::from_millis(millis)).as_millis();
        assert_eq!(
            [
                left(5_000),
                left(5_400),
                left(5_999),
                left(6_000),
                left(9_999)
            ],
            [1000, 600, 1, 0, 0]
        );
    }
}
