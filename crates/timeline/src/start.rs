//! [`StartAt`]: when a run starts, as text says it, resolved once at the first start.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MINUTE: i64 = 60_000_000_000;

/// When a run starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StartAt {
    /// As soon as VUs and setup are ready.
    #[default]
    Now,
    /// At the next full minute of the wall clock.
    NextMinute,
    /// At this wall time, in nanoseconds since 1970.
    At(i64),
}

/// A text that is no start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no start; write a time with its zone, such as \"2026-11-24T12:00:00Z\", or \"next-minute\""
)]
pub struct StartAtError(String);

impl StartAt {
    /// The start on the wall clock (nanoseconds since 1970), where `wall` is the time at which it is resolved.
    #[must_use]
    pub const fn resolve(self, wall: i64) -> i64 {
        match self {
            Self::Now => wall,
            Self::NextMinute => (wall.div_euclid(MINUTE).saturating_add(1)).saturating_mul(MINUTE),
            Self::At(start) => start,
        }
    }

    /// Whether the start is named, so that the run is always the same one.
    #[must_use]
    pub const fn is_explicit(self) -> bool {
        matches!(self, Self::At(_))
    }
}

impl FromStr for StartAt {
    type Err = StartAtError;

    fn from_str(text: &str) -> Result<Self, StartAtError> {
        if text == "next-minute" {
            return Ok(Self::NextMinute);
        }
        let start = text
            .parse::<Timestamp>()
            .map_err(|_| StartAtError(text.into()))?;
        i64::try_from(start.as_nanosecond())
            .map(Self::At)
            .map_err(|_| StartAtError(text.into()))
    }
}

/// The text that it is parsed from; `now` for an absent one.
impl fmt::Display for StartAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str("now"),
            Self::NextMinute => f.write_str("next-minute"),
            Self::At(start) => {
                let start =
                    Timestamp::from_nanosecond(i128::from(*start)).map_err(|_| fmt::Error)?;
                start.fmt(f)
            }
        }
    }
}

impl Serialize for StartAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Now => serializer.serialize_none(),
            Self::NextMinute | Self::At(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for StartAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<Cow<'de, str>>::deserialize(deserializer)? {
            None => Ok(Self::Now),
            Some(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

impl JsonSchema for StartAt {
    fn schema_name() -> Cow<'static, str> {
        "StartAt".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "When the run starts: a time with its zone (RFC 3339) or \"next-minute\".",
            "type": "string",
            "anyOf": [{ "format": "date-time" }, { "const": "next-minute" }],
        })
    }
}

#[cfg(test)]
mod tests;
