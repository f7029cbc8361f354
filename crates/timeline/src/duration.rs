//! Durations as people write them: k6's forms (a bare number of milliseconds, Go's `1h30m`, a day prefix), parsed exactly
//! into nanoseconds, and Go's way of printing them. Signs are kept: whether a negative duration makes sense is the field's
//! affair.

use std::{fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Offset;

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Nothing there.
    #[error("a duration is empty; write for example \"30s\", \"1h30m\" or \"2d\"")]
    Empty,
    /// Not in any of the forms.
    #[error(
        "\"{0}\" is no duration; write for example \"30s\", \"1h30m\", \"2d\" or a number of milliseconds"
    )]
    Malformed(String),
    /// A number without a unit where one is needed.
    #[error("\"{0}\" has no unit; write for example \"{0}s\"")]
    NoUnit(String),
    /// Beyond 292 years.
    #[error("\"{0}\" is longer than a duration can be (292 years)")]
    TooLong(String),
}

/// A signed duration in nanoseconds, read from a number (milliseconds) or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DurationValue(pub i64);

impl DurationValue {
    /// As a span; `None` where negative.
    #[must_use]
    pub fn offset(self) -> Option<Offset> {
        u64::try_from(self.0).ok().map(Offset)
    }

    /// As a standard duration; `None` where negative.
    #[must_use]
    pub fn as_duration(self) -> Option<Duration> {
        self.offset().map(Offset::as_duration)
    }

    /// From milliseconds with a fraction, rounded to the nanosecond; `None` where it does not fit.
    #[must_use]
    pub fn from_millis_f64(millis: f64) -> Option<Self> {
        let nanos = (millis * 1e6).round();
        // The bound is exact in f64, and above i64::MAX: strictly below it fits.
        (nanos.abs() < 9_223_372_036_854_775_808.0).then_some(Self(nanos as i64))
    }
}

impl From<Offset> for DurationValue {
    fn from(offset: Offset) -> Self {
        Self(i64::try_from(offset.0).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for DurationValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_go(f, self.0 < 0, self.0.unsigned_abs())
    }
}

impl FromStr for DurationValue {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        parse_duration(text)
    }
}

/// Parses every form that scripts, JSON, TOML and the environment may use: `"5"` and `"0.5"` (milliseconds), `"1h30m"`,
/// `"2d"`, `"1d12h"`.
///
/// # Errors
/// Where the text is in none of the forms, or does not fit into 64 bits of nanoseconds.
pub fn parse_duration(text: &str) -> Result<DurationValue, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    let (negative, unsigned) = split_sign(text);
    if let Some((number, "")) = split_decimal(unsigned) {
        let nanos =
            scale_decimal(number, 1_000_000).ok_or_else(|| DurationError::TooLong(text.into()))?;
        return signed(text, negative, nanos);
    }
    let Some((days, rest)) = unsigned.split_once('d') else {
        return parse_go_duration(text);
    };
    if days.is_empty() || !days.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(DurationError::Malformed(text.into()));
    }
    let too_long = || DurationError::TooLong(text.into());
    let days: u128 = days.parse().map_err(|_| too_long())?;
    let days = days.checked_mul(86_400_000_000_000).ok_or_else(too_long)?;
    let rest = if rest.is_empty() {
        0
    } else {
        go_units(text, rest)?
    };
    signed(text, negative, days.checked_add(rest).ok_or_else(too_long)?)
}

/// Parses Go's form only, as k6's command-line flags do: no bare number but `0`, no days.
///
/// # Errors
/// Where the text is not in Go's form, or does not fit into 64 bits of nanoseconds.
pub fn parse_go_duration(text: &str) -> Result<DurationValue, DurationError> {
    let (negative, unsigned) = split_sign(text);
    match unsigned {
        "" if text.is_empty() => Err(DurationError::Empty),
        "" => Err(DurationError::Malformed(text.into())),
        "0" => Ok(DurationValue(0)),
        units => signed(text, negative, go_units(text, units)?),
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn signed(text: &str, negative: bool, nanos: u128) -> Result<DurationValue, DurationError> {
    i64::try_from(nanos)
        .map(|nanos| DurationValue(if negative { -nanos } else { nanos }))
        .map_err(|_| DurationError::TooLong(text.into()))
}

/// A sequence of decimal and unit, without a sign. `text` is the whole, for the error.
fn go_units(text: &str, mut units: &str) -> Result<u128, DurationError> {
    let malformed = || DurationError::Malformed(text.into());
    let mut nanos: u128 = 0;
    while !units.is_empty() {
        let (number, rest) = split_decimal(units).ok_or_else(malformed)?;
        let end = rest
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(end);
        let unit = match unit {
            "" => return Err(DurationError::NoUnit(text.into())),
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(malformed()),
        };
        nanos = scale_decimal(number, unit)
            .and_then(|part| nanos.checked_add(part))
            .ok_or_else(|| DurationError::TooLong(text.into()))?;
        units = rest;
    }
    Ok(nanos)
}

/// A decimal's digits before and after its point.
type Decimal<'a> = (&'a str, &'a str);

/// The decimal at the beginning, and what follows; `None` where there is no digit.
fn split_decimal(text: &str) -> Option<(Decimal<'_>, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at(digits(text));
    let Some(rest) = rest.strip_prefix('.') else {
        return (!whole.is_empty()).then_some(((whole, ""), rest));
    };
    let (fraction, rest) = rest.split_at(digits(rest));
    (!whole.is_empty() || !fraction.is_empty()).then_some(((whole, fraction), rest))
}

/// `number * unit`, what is below a nanosecond cut off; `None` where it overflows.
fn scale_decimal((whole, fraction): Decimal<'_>, unit: u128) -> Option<u128> {
    let whole: u128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    // Digits beyond the 18th are below a nanosecond even in hours.
    let fraction = &fraction[..fraction.len().min(18)];
    let tail: u128 = if fraction.is_empty() {
        0
    } else {
        fraction.parse().ok()?
    };
    let tail = tail * unit / 10_u128.pow(fraction.len() as u32);
    whole.checked_mul(unit)?.checked_add(tail)
}

/// Writes Go's text: `1h0m0s`, `1.5s`, `100ms`, `0s`.
pub(crate) fn write_go(f: &mut fmt::Formatter<'_>, negative: bool, nanos: u64) -> fmt::Result {
    if negative {
        f.write_str("-")?;
    }
    let (unit, name) = match nanos {
        0 => return f.write_str("0s"),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "\u{b5}s"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let (whole, fraction) = (nanos / unit, nanos % unit);
    if name == "s" {
        let (hours, minutes) = (whole / 3600, whole / 60 % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if whole >= 60 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}", whole % 60)?;
    } else {
        write!(f, "{whole}")?;
    }
    if fraction > 0 {
        let digits = unit.ilog10() as usize;
        let text = format!("{fraction:0digits$}");
        write!(f, ".{}", text.trim_end_matches('0'))?;
    }
    f.write_str(name)
}

impl Serialize for DurationValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DurationValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DurationVisitor)
    }
}

struct DurationVisitor;

impl de::Visitor<'_> for DurationVisitor {
    type Value = DurationValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"30s\", or a number of milliseconds")
    }

    fn visit_i64<E: de::Error>(self, millis: i64) -> Result<DurationValue, E> {
        millis
            .checked_mul(1_000_000)
            .map(DurationValue)
            .ok_or_else(|| E::custom(DurationError::TooLong(millis.to_string())))
    }

    fn visit_u64<E: de::Error>(self, millis: u64) -> Result<DurationValue, E> {
        i64::try_from(millis)
            .map_err(|_| E::custom(DurationError::TooLong(millis.to_string())))
            .and_then(|millis| self.visit_i64(millis))
    }

    fn visit_f64<E: de::Error>(self, millis: f64) -> Result<DurationValue, E> {
        DurationValue::from_millis_f64(millis)
            .ok_or_else(|| E::custom(DurationError::TooLong(millis.to_string())))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<DurationValue, E> {
        parse_duration(text).map_err(E::custom)
    }
}

impl JsonSchema for DurationValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration: \"30s\", \"1h30m\", \"2d\", or a number of milliseconds.",
            "type": ["string", "number"],
        })
    }
}

#[cfg(test)]
mod tests;
