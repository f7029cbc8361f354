//! Times as RFC 3339 in the machine's zone. The second's text is kept, since thousands of samples share it.

use jiff::{Timestamp, tz::TimeZone};

/// Writes times.
#[derive(Debug, Clone)]
pub(super) struct When {
    zone: TimeZone,
    second: i64,
    /// `2026-11-24T12:00:00`
    date: String,
    /// `Z` or `+02:00`
    offset: String,
}

impl When {
    /// In the machine's own zone.
    pub(super) fn local() -> When {
        When::in_zone(TimeZone::system())
    }

    pub(super) fn in_zone(zone: TimeZone) -> When {
        When {
            zone,
            second: i64::MIN,
            date: String::new(),
            offset: String::new(),
        }
    }

    fn turn_to(&mut self, second: i64) {
        if self.second == second {
            return;
        }
        self.second = second;
        let time = Timestamp::from_second(second)
            .unwrap_or_default()
            .to_zoned_datetime(self.zone.clone());
        self.date = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        self.offset = if time.offset().seconds() == 0 {
            "Z".to_owned()
        } else {
            time.strftime("%:z").to_string()
        };
    }

    /// With nanoseconds, trailing zeros cut.
    pub(super) fn nano(&mut self, unix_nanos: i64, out: &mut Vec<u8>) {
        self.turn_to(unix_nanos.div_euclid(1_000_000_000));
        out.extend_from_slice(self.date.as_bytes());
        let nanos = unix_nanos.rem_euclid(1_000_000_000);
        if nanos > 0 {
            let digits = format!("{nanos:09}");
            out.push(b'.');
            out.extend_from_slice(digits.trim_end_matches('0').as_bytes());
        }
        out.extend_from_slice(self.offset.as_bytes());
    }

    /// Whole seconds.
    pub(super) fn second(&mut self, unix_nanos: i64, out: &mut Vec<u8>) {
        self.turn_to(unix_nanos.div_euclid(1_000_000_000));
        out.extend_from_slice(self.date.as_bytes());
        out.extend_from_slice(self.offset.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_nanoseconds_without_trailing_zeros_and_the_zone() {
        let shown = |zone: TimeZone, nanos: i64| {
            let mut out = Vec::new();
            When::in_zone(zone).nano(nanos, &mut out);
            String::from_utf8(out).unwrap()
        };
        let base = 1_764_000_000 * 1_000_000_000;
        assert_eq!(shown(TimeZone::UTC, base), "2025-11-24T16:00:00Z");
        assert_eq!(
            shown(TimeZone::UTC, base + 120_000_000),
            "2025-11-24T16:00:00.12Z"
        );
        let east = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(shown(east, base + 1), "2025-11-24T18:00:00.000000001+02:00");
    }
}
