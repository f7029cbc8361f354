//! Which form a scraper wants: the best one in its `Accept` header that there is.

/// A form of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// OpenMetrics text: scrapers without native histograms, browsers, curl.
    Text,
    /// Delimited `io.prometheus.client.MetricFamily`, with native histograms.
    Protobuf,
}

/// The form with the greatest `q`, of equals the first one; text where the header names nothing that there is.
pub(crate) fn form(accept: Option<&str>) -> Form {
    let mut best = (0.0, Form::Text);
    for item in accept.unwrap_or("").split(',') {
        let mut parts = item.split(';').map(str::trim);
        let Some(kind) = parts.next() else { continue };
        let parameters: Vec<(&str, &str)> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
            .collect();
        let value = |wanted: &str| {
            let found = parameters.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| *value)
        };
        let form = match kind.to_ascii_lowercase().as_str() {
            "application/vnd.google.protobuf"
                if value("proto") == Some("io.prometheus.client.MetricFamily")
                    && value("encoding") == Some("delimited") =>
            {
                Form::Protobuf
            }
            "application/openmetrics-text" | "text/plain" | "text/*" | "*/*" => Form::Text,
            _ => continue,
        };
        let quality = value("q").map_or(1.0, |text| text.parse::<f64>().unwrap_or(0.0));
        if quality > best.0 {
            best = (quality, form);
        }
    }
    best.1
}

/// Whether a gzipped body is welcome.
pub(crate) fn gzip(accept_encoding: Option<&str>) -> bool {
    accept_encoding.unwrap_or("").split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = matches!(parts.next(), Some("gzip" | "*"));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_gets_what_it_asks_for_and_everybody_else_gets_text() {
        let native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        let rows = [
            (Some(native), Form::Protobuf),
            (
                Some(
                    "application/openmetrics-text;version=1.0.0;q=0.6,application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5",
                ),
                Form::Text,
            ),
            (
                Some("application/vnd.google.protobuf;proto=other;encoding=delimited"),
                Form::Text,
            ),
            (
                Some(
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
                ),
                Form::Text,
            ),
            (
                Some(
                    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
                ),
                Form::Protobuf,
            ),
            (
                Some("text/html,application/xhtml+xml,*/*;q=0.8"),
                Form::Text,
            ),
            (Some("*/*"), Form::Text),
            (Some(""), Form::Text),
            (None, Form::Text),
        ];
        for (accept, expected) in rows {
            assert_eq!(form(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn a_page_is_zipped_only_for_those_who_say_so() {
        let rows = [
            (Some("gzip"), true),
            (Some("deflate, gzip;q=0.5"), true),
            (Some("gzip;q=0"), false),
            (Some("identity"), false),
            (None, false),
        ];
        for (accept, expected) in rows {
            assert_eq!(gzip(accept), expected, "{accept:?}");
        }
    }
}
