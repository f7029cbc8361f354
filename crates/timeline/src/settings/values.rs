//! Values as settings may give them: counts as numbers or digits in text, lengths as durations or "forever".

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{DurationValue, parse_duration};

/// A whole number, read from a number or from digits in text. Its sign and size are the field's affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(transparent)]
pub struct CountValue(pub i64);

struct CountVisitor;

impl de::Visitor<'_> for CountVisitor {
    type Value = CountValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, count: i64) -> Result<CountValue, E> {
        Ok(CountValue(count))
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<CountValue, E> {
        i64::try_from(count)
            .map(CountValue)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(count), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<CountValue, E> {
        text.parse()
            .map(CountValue)
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for CountValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

impl JsonSchema for CountValue {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A whole number, or its digits in a string.",
            "type": ["integer", "string"],
            "minimum": 0,
            "pattern": "^[0-9]+$",
        })
    }
}

/// How long: a duration, or "forever".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthValue {
    /// So long.
    For(DurationValue),
    /// Without an end.
    Forever,
}

impl std::str::FromStr for LengthValue {
    type Err = crate::DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "forever" {
            Ok(Self::Forever)
        } else {
            parse_duration(text).map(Self::For)
        }
    }
}

impl fmt::Display for LengthValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(duration) => duration.fmt(f),
            Self::Forever => f.write_str("forever"),
        }
    }
}

impl Serialize for LengthValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

struct LengthVisitor;

impl de::Visitor<'_> for LengthVisitor {
    type Value = LengthValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"30s\", a number of milliseconds, or \"forever\"")
    }

    fn visit_i64<E: de::Error>(self, millis: i64) -> Result<LengthValue, E> {
        number(de::value::I64Deserializer::new(millis))
    }

    fn visit_u64<E: de::Error>(self, millis: u64) -> Result<LengthValue, E> {
        number(de::value::U64Deserializer::new(millis))
    }

    fn visit_f64<E: de::Error>(self, millis: f64) -> Result<LengthValue, E> {
        number(de::value::F64Deserializer::new(millis))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<LengthValue, E> {
        text.parse().map_err(E::custom)
    }
}

fn number<'de, D: Deserializer<'de>>(number: D) -> Result<LengthValue, D::Error> {
    DurationValue::deserialize(number).map(LengthValue::For)
}

impl<'de> Deserialize<'de> for LengthValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LengthVisitor)
    }
}

impl JsonSchema for LengthValue {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration (\"30s\", \"1h30m\", \"2d\", or a number of milliseconds), or \"forever\".",
            "type": ["string", "number"],
        })
    }
}
