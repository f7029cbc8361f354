//! Sizes as people write them: `256MiB`, `64 KB`, or a plain number of bytes.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteSize(pub(crate) u64);

const UNITS: [(&str, u64); 10] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// `None` where the text is no size or does not fit.
fn parse(text: &str) -> Option<ByteSize> {
    let text = text.trim();
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let unit = text[digits..].trim().to_ascii_lowercase();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some(ByteSize(
        text[..digits].parse::<u64>().ok()?.checked_mul(*factor)?,
    ))
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(u64),
            Text(String),
        }
        let wrong = || de::Error::custom("a size is a number of bytes or text such as \"256MiB\"");
        match Form::deserialize(deserializer).map_err(|_| wrong())? {
            Form::Number(bytes) => Ok(ByteSize(bytes)),
            Form::Text(text) => parse(&text).ok_or_else(wrong),
        }
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of bytes, or text such as \"256MiB\" or \"64kB\".",
            "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^ *[0-9]+ *([KkMmGgTt]?[Ii]?[Bb])? *$" }]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("256MiB", Some(256 << 20)),
            ("64 kb", Some(64_000)),
            ("1GiB", Some(1 << 30)),
            ("12XB", None),
            ("MiB", None),
            ("", None),
            ("99999999TiB", None),
            ("-1", None),
        ] {
            assert_eq!(parse(text).map(|size| size.0), bytes, "{text}");
        }
    }
}
