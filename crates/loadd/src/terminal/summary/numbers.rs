//! Numbers as k6's summary writes them.

use loadd_metrics::Contains;

/// Unit of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// As fits.
    Fitting,
    /// `s`
    Seconds,
    /// `ms`
    Millis,
    /// `us`
    Micros,
}

impl Unit {
    /// From `summaryTimeUnit`.
    pub(super) fn parse(text: Option<&str>) -> Unit {
        match text {
            Some("s") => Unit::Seconds,
            Some("ms") => Unit::Millis,
            Some("us") => Unit::Micros,
            Some(_) | None => Unit::Fitting,
        }
    }
}

/// A share as percent, truncated to two decimals.
pub(super) fn percent(share: f64) -> String {
    // A hair more, since 0.29 * 10000 is 2899.9999999999995 in binary.
    format!("{:.2}%", (share * 10_000.0 + 1e-7).floor() / 100.0)
}

/// At most `decimals` decimals, no trailing zeros.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" {
        "0".into()
    } else {
        text.to_owned()
    }
}

/// A time given in milliseconds.
pub(super) fn time(millis: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format!("{:.2}s", millis / 1e3),
        Unit::Millis => format!("{millis:.2}ms"),
        Unit::Micros => format!("{:.2}µs", millis * 1e3),
        Unit::Fitting => fitting(millis),
    }
}

fn fitting(millis: f64) -> String {
    let sign = if millis < 0.0 { "-" } else { "" };
    let nanos = (millis.abs() * 1e6).round();
    let cut = |value: f64| trimmed((value * 100.0 + 1e-7).floor() / 100.0, 2);
    let text = match nanos {
        0.0 => "0s".into(),
        n if n < 1e3 => format!("{n}ns"),
        n if n < 1e6 => format!("{}µs", cut(n / 1e3)),
        n if n < 1e9 => format!("{}ms", cut(n / 1e6)),
        n if n < 60e9 => format!("{}s", cut(n / 1e9)),
        n => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "seconds of a time, not negative"
            )]
            let seconds = (n / 1e9) as u64;
            let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            if hours > 0 {
                format!("{hours}h{minutes}m{rest}s")
            } else {
                format!("{minutes}m{rest}s")
            }
        }
    };
    format!("{sign}{text}")
}

/// Bytes, base 1000.
pub(super) fn data(bytes: f64) -> String {
    if bytes.abs() < 10.0 {
        return format!("{} B", plain(bytes));
    }
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut value, mut unit) = (bytes, 0);
    while value.abs().round() >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let one_decimal = (value.abs() * 10.0).round() / 10.0 < 10.0;
    let decimals = usize::from(one_decimal);
    format!("{value:.decimals$} {}", units[unit])
}

/// Anything else: at most six decimals.
pub(super) fn plain(value: f64) -> String {
    trimmed(value, 6)
}

/// Per second.
pub(super) fn rate_of(value: f64, contains: Contains) -> String {
    match contains {
        Contains::Data => format!("{}/s", data(value)),
        Contains::Time | Contains::Default => format!("{}/s", plain(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_form_of_k6() {
        for (shown, expected) in [
            (percent(2.0 / 3.0), "66.66%"),
            (percent(0.29), "29.00%"),
            (percent(1.0), "100.00%"),
            (time(0.0, Unit::Fitting), "0s"),
            (time(0.000_25, Unit::Fitting), "250ns"),
            (time(0.031_459, Unit::Fitting), "31.45µs"),
            (time(31.2, Unit::Fitting), "31.2ms"),
            (time(1_239.0, Unit::Fitting), "1.23s"),
            (time(123_900.0, Unit::Fitting), "2m3s"),
            (time(3_723_900.0, Unit::Fitting), "1h2m3s"),
            (time(1_239.0, Unit::Seconds), "1.24s"),
            (time(1.5, Unit::Micros), "1500.00µs"),
            (data(464.0), "464 B"),
            (data(4_900.0), "4.9 kB"),
            (data(12_345_678.0), "12 MB"),
            (data(9.0), "9 B"),
            (plain(3.997_602_43), "3.997602"),
            (plain(40.0), "40"),
            (rate_of(459.2, Contains::Data), "459 B/s"),
        ] {
            assert_eq!(shown, expected);
        }
    }
}
