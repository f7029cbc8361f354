//! The dates of cookies: RFC 1123, also with dashes.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `Mon, 02 Jan 2006 15:04:05 GMT` (or with dashes in the date) in milliseconds of the Unix epoch.
///
/// Any zone name is read as UTC: HTTP knows no other.
#[must_use]
pub fn parse_http_date(text: &str) -> Option<i64> {
    let (weekday, rest) = text.split_once(", ")?;
    DAYS.iter().find(|day| day.eq_ignore_ascii_case(weekday))?;
    let rest = rest.replace('-', " ");
    let fields: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, zone] = fields[..] else {
        return None;
    };
    let is_zone = (3..=5).contains(&zone.len()) && zone.bytes().all(|b| b.is_ascii_uppercase());
    let month = MONTHS
        .iter()
        .position(|name| name.eq_ignore_ascii_case(month))?;
    let (day, year) = (number(day, 1..=2)?, number(year, 4..=4)?);
    let clock: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = clock[..] else {
        return None;
    };
    let (hour, minute) = (number(hour, 2..=2)?, number(minute, 2..=2)?);
    let second = number(second, 2..=2)?;
    let month = i64::try_from(month).ok()? + 1;
    let in_range =
        hour < 24 && minute < 60 && second < 60 && (1..=days_in(year, month)).contains(&day);
    if !is_zone || !in_range {
        return None;
    }
    let seconds = (days_since_epoch(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    Some(seconds * 1000)
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    (all && digits.contains(&text.len())).then(|| text.parse().ok())?
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the Gregorian calendar; years count from March, so that a leap day is a year's last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_cookies_are_read_and_nonsense_is_not() {
        let table = [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Mon, 02 Jan 2006 15:04:05 MST", Some(1_136_214_245_000)),
            ("Tue, 29-Feb-2000 12:00:00 GMT", Some(951_825_600_000)),
            ("Wed, 25 Nov 2026 00:00:00 GMT", Some(1_795_564_800_000)),
            ("Thu, 30 Feb 2006 15:04:05 GMT", None),
            ("2006-01-02", None),
            ("Mon, 02 Jan 2006 25:04:05 GMT", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_http_date(text), expected, "{text}");
        }
    }
}
