//! Query strings: decoding, and the units of their values.

use std::{borrow::Cow, time::Duration};

use percent_encoding::percent_decode_str;

/// Longest delay, stall or slow answer that may be asked for.
pub(crate) const LONGEST: Duration = Duration::from_secs(600);

/// The pairs of a query string or form body, decoded, in order.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
}

/// The first value of this name.
pub(crate) fn get<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    pairs(query)
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        return Cow::Owned(
            percent_decode_str(&text.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned(),
        );
    }
    percent_decode_str(text).decode_utf8_lossy()
}

/// A duration such as `5s`, `200ms`, `1.5m`, `1h` or `250us`; a bare number is milliseconds.
pub(crate) fn duration(name: &str, text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let scale = match unit {
        "us" | "µs" => 1e-6,
        "ms" | "" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => {
            return Err(format!(
                "{name}={text}: a duration such as 200ms or 5s is wanted"
            ));
        }
    };
    seconds(name, text, number(name, digits)? * scale)
}

/// Seconds as a duration, between 0 and [`LONGEST`].
pub(crate) fn seconds(name: &str, text: &str, seconds: f64) -> Result<Duration, String> {
    if !(0.0..=LONGEST.as_secs_f64()).contains(&seconds) {
        return Err(format!(
            "{name}={text}: between 0 and {} s",
            LONGEST.as_secs()
        ));
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// A finite number.
pub(crate) fn number(name: &str, text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| format!("{name}={text}: a number is wanted"))
}

/// A whole number up to `most`.
pub(crate) fn whole(name: &str, text: &str, most: u64) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(value) if value <= most => Ok(value),
        _ => Err(format!(
            "{name}={text}: a whole number from 0 to {most} is wanted"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_bounds() {
        let table: &[(&str, Option<u64>)] = &[
            ("200", Some(200_000)),
            ("200ms", Some(200_000)),
            ("1.5s", Some(1_500_000)),
            ("2m", Some(120_000_000)),
            ("250us", Some(250)),
            ("0", Some(0)),
            ("11m", None),
            ("-1s", None),
            ("s", None),
            ("", None),
            ("1e3", None),
            ("5 s", None),
        ];
        for (text, micros) in table {
            assert_eq!(
                duration("ms", text).ok(),
                micros.map(Duration::from_micros),
                "{text}"
            );
        }
    }

    #[test]
    fn pairs_are_decoded_as_a_form_does() {
        let found: Vec<_> = pairs("a=1&b=x+y%21&&c&%64=%C3%A4")
            .map(|(k, v)| format!("{k}:{v}"))
            .collect();
        assert_eq!(found, ["a:1", "b:x y!", "c:", "d:ä"]);
    }
}
