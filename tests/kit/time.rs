//! Waiting for conditions, and the wall clock as the product's users write it.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Asks `look` until it gives something, and returns that.
///
/// # Panics
/// When the deadline has passed; the message names `what`.
pub fn wait_for<T>(what: &str, deadline: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            started.elapsed() < deadline,
            "gave up after {deadline:?} waiting for {what}"
        );
        thread::sleep(POLL);
    }
}

/// Sleeps until the wall clock shows `seconds` since the epoch.
pub fn sleep_until(seconds: f64) {
    let left = seconds - epoch();
    if left > 0.0 {
        thread::sleep(Duration::from_secs_f64(left));
    }
}

/// The wall clock, in seconds since the epoch.
///
/// # Panics
/// When the clock stands before 1970.
#[must_use]
pub fn epoch() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970")
        .as_secs_f64()
}

/// Whole seconds since the epoch as RFC 3339, the form of `start_at`.
#[must_use]
pub fn rfc3339(seconds: u64) -> String {
    // Civil date from days (Howard Hinnant's algorithm): the kit shares no code with what it judges.
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_795_521_600, "2026-11-24T12:00:00Z"),
        ];
        for (seconds, text) in table {
            assert_eq!(rfc3339(seconds), text);
        }
    }
}
