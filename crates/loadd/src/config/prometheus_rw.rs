//! k6's `experimental-prometheus-rw` by its variables, as the table `remote_write` that they amount to.
//!
//! loadd's defaults hold where nothing is said: native histograms, staleness markers, explicit zeros, retries.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::outs::Sources;

const NAME: &str = "output experimental-prometheus-rw";

/// The table.
///
/// # Errors
/// A value that cannot be meant, or what is not supported, in words.
pub(super) fn table(
    sources: &Sources<'_>,
    warnings: &mut Vec<String>,
) -> Result<Map<String, Value>, String> {
    let mut table = Map::new();
    let url = sources
        .get("SERVER_URL", "url")
        .unwrap_or_else(|| "http://localhost:9090/api/v1/write".to_owned());
    table.insert("url".into(), url.into());
    // A receiver that is away shall not hold up the end of a run for long: k6 waits as long for each push.
    table.insert("flush_timeout".into(), "5s".into());
    if let Some(interval) = sources.duration("PUSH_INTERVAL", "pushInterval")? {
        let (least, most) = (Duration::from_millis(500), Duration::from_secs(60));
        let kept = interval.clamp(least, most);
        if kept != interval {
            warnings.push(format!(
                "{NAME}: pushes every {kept:?} instead of every {interval:?}"
            ));
        }
        table.insert("interval".into(), format!("{}ms", kept.as_millis()).into());
    }
    credentials(sources, &mut table)?;
    tls(sources, &mut table, warnings)?;
    for variable in ["SIGV4_REGION", "SIGV4_ACCESS_KEY", "SIGV4_SECRET_KEY"] {
        if sources.get(variable, "").is_some() {
            return Err(format!(
                "{NAME}: {}{variable} is not supported; put a signing proxy between",
                sources.prefix
            ));
        }
    }
    let native = sources.yes("TREND_AS_NATIVE_HISTOGRAM", "trendAsNativeHistogram")?;
    let stats = sources.get("TREND_STATS", "trendStats");
    if native == Some(false) || (native.is_none() && stats.is_some()) {
        // Besides the histograms: k6's own panels ask for these.
        let stats = stats.unwrap_or_else(|| "p(99)".to_owned());
        let stats = stats.split(',').map(|stat| Value::from(stat.trim()));
        table.insert("trend_stats".into(), stats.collect());
    }
    if sources.yes("STALE_MARKERS", "staleMarkers")? == Some(false) {
        warnings.push(format!("{NAME}: staleness markers are always sent"));
    }
    Ok(table)
}

fn credentials(sources: &Sources<'_>, table: &mut Map<String, Value>) -> Result<(), String> {
    let mut headers = Map::new();
    if let Some(text) = sources.get("HTTP_HEADERS", "") {
        for pair in text
            .split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
        {
            match pair.split_once(':') {
                Some((name, value)) if !value.contains(':') && !name.trim().is_empty() => {
                    headers.insert(name.trim().to_owned(), value.trim().into());
                }
                Some(_) | None => {
                    return Err(format!("{NAME}: '{pair}' is not of the form name:value"));
                }
            }
        }
    }
    if let Some(Value::Object(map)) = sources.json.and_then(|json| json.get("headers")) {
        headers.extend(map.clone());
    }
    let prefix = format!("{}HEADERS_", sources.prefix);
    for (name, value) in sources.around.with_prefix(&prefix) {
        headers.insert(name[prefix.len()..].to_owned(), value.into());
    }
    if let Some(token) = sources.get("BEARER_TOKEN", "bearerToken") {
        headers.insert("Authorization".into(), format!("Bearer {token}").into());
    }
    if !headers.is_empty() {
        table.insert("headers".into(), Value::Object(headers));
    }
    if let Some(username) = sources.get("USERNAME", "username") {
        let password = sources.get("PASSWORD", "password").unwrap_or_default();
        table.insert(
            "basic_auth".into(),
            json!({ "username": username, "password": password }),
        );
    }
    Ok(())
}

fn tls(
    sources: &Sources<'_>,
    table: &mut Map<String, Value>,
    warnings: &mut Vec<String>,
) -> Result<(), String> {
    let mut tls = Map::new();
    if let Some(skip) = sources.yes("INSECURE_SKIP_TLS_VERIFY", "insecureSkipTLSVerify")? {
        tls.insert("insecure_skip_verify".into(), skip.into());
    }
    for (variable, key, ours) in [
        ("CLIENT_CERTIFICATE", "clientCertificate", "cert_file"),
        ("CLIENT_CERTIFICATE_KEY", "clientCertificateKey", "key_file"),
    ] {
        if let Some(path) = sources.get(variable, key) {
            tls.insert(ours.into(), path.into());
        }
    }
    if !tls.is_empty() {
        table.insert("tls".into(), Value::Object(tls));
    }
    match sources
        .get("TLS_MINIMUM_VERSION", "tlsMinVersion")
        .as_deref()
    {
        None | Some("1.2") => Ok(()),
        Some("1.3") => {
            warnings.push(format!("{NAME}: TLS 1.2 is accepted, too"));
            Ok(())
        }
        Some(other) => Err(format!(
            "{NAME}: '{other}' is no version of TLS; there are 1.2 and 1.3"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::surroundings::Surroundings;

    #[test]
    fn k6s_variables_amount_to_a_table_of_remote_write() {
        let vars = [
            ("SERVER_URL", "http://127.0.0.1:9/api/v1/write"),
            ("PUSH_INTERVAL", "2s"),
            ("HTTP_HEADERS", "X-Scope-OrgID:a, X-B:b"),
            ("HEADERS_X-C", "c:d"),
            ("USERNAME", "user"),
            ("PASSWORD", "word"),
            ("INSECURE_SKIP_TLS_VERIFY", "true"),
            ("TREND_AS_NATIVE_HISTOGRAM", "true"),
        ];
        let vars = vars.map(|(name, value)| (format!("K6_PROMETHEUS_RW_{name}"), value.to_owned()));
        let around = Surroundings {
            vars: vars.to_vec(),
            ..Surroundings::default()
        };
        let file = json!({ "url": "http://from.file", "headers": { "X-D": "d" } });
        let sources = Sources {
            around: &around,
            json: Some(&file),
            prefix: "K6_PROMETHEUS_RW_",
        };
        let mut warnings = Vec::new();
        let table = table(&sources, &mut warnings).unwrap();
        assert_eq!(
            Value::Object(table),
            json!({
                "url": "http://127.0.0.1:9/api/v1/write",
                "interval": "2000ms",
                "flush_timeout": "5s",
                "headers": { "X-Scope-OrgID": "a", "X-B": "b", "X-C": "c:d", "X-D": "d" },
                "basic_auth": { "username": "user", "password": "word" },
                "tls": { "insecure_skip_verify": true },
            })
        );
        assert_eq!(warnings, Vec::<String>::new());
    }
}
