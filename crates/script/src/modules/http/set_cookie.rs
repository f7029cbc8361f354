//! `Set-Cookie` as `res.cookies` shows it (RFC 6265, section 5.2). The jar itself belongs to the client.

/// One cookie of a response.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SetCookie {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) domain: String,
    pub(super) path: String,
    pub(super) http_only: bool,
    pub(super) secure: bool,
    pub(super) max_age: f64,
    /// Unix milliseconds; a large negative number where the cookie names no date.
    pub(super) expires_ms: f64,
}

/// What k6 shows for "no date": the first of January of the year 1.
const NO_DATE_MS: f64 = -62_135_596_800_000.0;

/// Parses one header value; `None` where it holds no cookie.
pub(super) fn parse(text: &str) -> Option<SetCookie> {
    let mut parts = text.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let value = value.trim();
    let value = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value);
    let mut cookie = SetCookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain: String::new(),
        path: String::new(),
        http_only: false,
        secure: false,
        max_age: 0.0,
        expires_ms: NO_DATE_MS,
    };
    for part in parts {
        let (key, value) = part
            .split_once('=')
            .map_or((part, ""), |(key, value)| (key, value));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" => cookie.domain = value.trim_start_matches('.').to_owned(),
            "path" => cookie.path = value.to_owned(),
            "httponly" => cookie.http_only = true,
            "secure" => cookie.secure = true,
            "max-age" => cookie.max_age = value.parse().unwrap_or(0.0),
            "expires" => cookie.expires_ms = parse_date(value).unwrap_or(NO_DATE_MS),
            _ => {}
        }
    }
    Some(cookie)
}

/// A cookie's date, in any of the orders that servers use (RFC 6265, 5.1.1), as Unix milliseconds.
fn parse_date(text: &str) -> Option<f64> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text
        .split([' ', ',', '-'])
        .filter(|token| !token.is_empty())
    {
        if token.contains(':') {
            let mut fields = token.split(':').map(str::parse::<i64>);
            time = Some((
                fields.next()?.ok()?,
                fields.next()?.ok()?,
                fields.next()?.ok()?,
            ));
        } else if let Ok(number) = token.parse::<i64>() {
            if day.is_none() && (1..=31).contains(&number) {
                day = Some(number);
            } else if year.is_none() {
                year = Some(match number {
                    0..=69 => number + 2000,
                    70..=99 => number + 1900,
                    _ => number,
                });
            }
        } else if let Some(known) = token.get(..3).and_then(|start| {
            let start = start.to_ascii_lowercase();
            MONTHS.iter().position(|month| *month == start)
        }) {
            month = Some(i64::try_from(known).ok()? + 1);
        }
    }
    let ((hour, minute, second), day, month, year) = (time?, day?, month?, year?);
    if !(1601..=9999).contains(&year)
        || !(0..24).contains(&hour)
        || !(0..60).contains(&minute)
        || !(0..61).contains(&second)
    {
        return None;
    }
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    #[expect(
        clippy::cast_precision_loss,
        reason = "years up to 9999 fit a double exactly"
    )]
    let milliseconds = seconds as f64 * 1e3;
    Some(milliseconds)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (the usual era arithmetic).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_cookie_header_shows_its_attributes() {
        let cookie =
            parse("sid=\"a b\"; Path=/x; Domain=.example.com; Max-Age=60; Secure; HttpOnly")
                .unwrap();
        assert_eq!(
            (cookie.name.as_str(), cookie.value.as_str()),
            ("sid", "a b")
        );
        assert_eq!(
            (cookie.path.as_str(), cookie.domain.as_str()),
            ("/x", "example.com")
        );
        assert!(cookie.secure && cookie.http_only && cookie.max_age == 60.0);
        assert_eq!(cookie.expires_ms, NO_DATE_MS);
        assert_eq!(parse("no cookie"), None);
        assert_eq!(parse("=x"), None);
    }

    #[test]
    fn dates_read_in_the_orders_that_servers_use() {
        for text in [
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "Wed, 21-Oct-15 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2015",
        ] {
            assert_eq!(parse_date(text), Some(1_445_412_480_000.0), "{text}");
        }
        assert_eq!(parse_date("soon"), None);
    }

    #[test]
    fn no_header_text_panics() {
        bolero::check!()
            .with_iterations(2000)
            .with_type::<String>()
            .for_each(|text| {
                let _ = parse(text);
                let _ = parse_date(text);
            });
    }
}
