//! k6's `-o opentelemetry` by its variables: names and units are k6's, `K6_OTEL_*` goes before the SDK's own `OTEL_*`.

use std::time::Duration;

use loadd_outputs::{BasicAuth, OtlpNames, OtlpProtocol, OtlpSettings};
use percent_encoding::percent_decode_str;

use super::outs::Sources;

const NAME: &str = "output opentelemetry";

/// The settings, and how the header names the output.
///
/// # Errors
/// A value that cannot be meant, in words.
pub(super) fn settings(
    sources: &Sources<'_>,
    warnings: &mut Vec<String>,
) -> Result<OtlpSettings, String> {
    let sdk = |name: &str| {
        let value = sources.around.var(name);
        value.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let protocol = match sources
        .get("EXPORTER_PROTOCOL", "exporterProtocol")
        .as_deref()
    {
        None | Some("grpc") => OtlpProtocol::Grpc,
        Some("http/protobuf") => OtlpProtocol::Http,
        Some(other) => {
            return Err(format!(
                "{NAME}: '{other}' is no exporter protocol; there are grpc and http/protobuf"
            ));
        }
    };
    if sources.around.var("K6_OTEL_SERVICE_NAME") == Some("") {
        return Err(format!("{NAME}: the service name is empty"));
    }
    let (endpoint, path) = endpoint(sources, protocol, sdk("OTEL_EXPORTER_OTLP_ENDPOINT"))?;
    let mut settings = OtlpSettings::new(endpoint);
    settings.protocol = protocol;
    settings.metric_prefix = sources
        .get("METRIC_PREFIX", "metricPrefix")
        .unwrap_or_default();
    settings.interval = interval(sources, warnings)?;
    // A receiver that is away shall not hold up the end of a run for long.
    settings.flush_timeout = Duration::from_secs(5);
    if sources.get("FLUSH_INTERVAL", "flushInterval").is_some() {
        sources.duration("FLUSH_INTERVAL", "flushInterval")?;
        warnings.push(format!(
            "{NAME}: FLUSH_INTERVAL has no effect; samples are added up as they come"
        ));
    }
    settings.names = OtlpNames::K6 {
        service: sources
            .get("SERVICE_NAME", "serviceName")
            .or_else(|| sdk("OTEL_SERVICE_NAME"))
            .unwrap_or_else(|| "k6".to_owned()),
        version: sources
            .get("SERVICE_VERSION", "serviceVersion")
            .unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
        path,
    };
    settings.resource = pairs("", &sdk("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default())?;
    let headers = sources
        .get("HEADERS", "headers")
        .or_else(|| sdk("OTEL_EXPORTER_OTLP_HEADERS"));
    settings.headers = pairs("HEADERS: ", &headers.unwrap_or_default())?
        .into_iter()
        .collect();
    if protocol == OtlpProtocol::Http
        && let Some(username) = sources.get("HTTP_EXPORTER_USERNAME", "username")
    {
        settings.basic_auth = Some(BasicAuth {
            username,
            password: sources.get("HTTP_EXPORTER_PASSWORD", "password"),
            password_file: None,
        });
    }
    let skip = sources.yes("TLS_INSECURE_SKIP_VERIFY", "tlsInsecureSkipVerify")?;
    settings.tls.insecure_skip_verify = skip == Some(true);
    let file = |variable, key| sources.get(variable, key).map(Into::into);
    settings.tls.ca_file = file("TLS_CERTIFICATE", "tlsCertificate");
    settings.tls.cert_file = file("TLS_CLIENT_CERTIFICATE", "tlsClientCertificate");
    settings.tls.key_file = file("TLS_CLIENT_KEY", "tlsClientKey");
    match settings.validate() {
        Ok(()) => Ok(settings),
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            Err(format!("{NAME}: {}", faults.join("; ")))
        }
    }
}

/// The URL without the path of the method, and that path.
fn endpoint(
    sources: &Sources<'_>,
    protocol: OtlpProtocol,
    sdk: Option<String>,
) -> Result<(String, String), String> {
    let (variable, key, insecure, insecure_key, default) = match protocol {
        OtlpProtocol::Http => (
            "HTTP_EXPORTER_ENDPOINT",
            "httpExporterEndpoint",
            "HTTP_EXPORTER_INSECURE",
            "httpExporterInsecure",
            "localhost:4318",
        ),
        OtlpProtocol::Grpc => (
            "GRPC_EXPORTER_ENDPOINT",
            "grpcExporterEndpoint",
            "GRPC_EXPORTER_INSECURE",
            "grpcExporterInsecure",
            "localhost:4317",
        ),
    };
    let path = sources
        .get("HTTP_EXPORTER_URL_PATH", "httpExporterURLPath")
        .unwrap_or_else(|| "/v1/metrics".to_owned());
    let path = format!("/{}", path.trim_start_matches('/'));
    let host = sources.get(variable, key);
    if let (None, Some(url)) = (&host, sdk) {
        return Ok((url.trim_end_matches('/').to_owned(), path));
    }
    let host = host.unwrap_or_else(|| default.to_owned());
    if host.contains("://") || host.contains('/') {
        return Err(format!(
            "{NAME}: {}{variable}: '{host}' must be host:port without a scheme",
            sources.prefix
        ));
    }
    let scheme = if sources.yes(insecure, insecure_key)? == Some(true) {
        "http"
    } else {
        "https"
    };
    Ok((format!("{scheme}://{host}"), path))
}

fn interval(sources: &Sources<'_>, warnings: &mut Vec<String>) -> Result<Duration, String> {
    let interval = sources
        .duration("EXPORT_INTERVAL", "exportInterval")?
        .unwrap_or(Duration::from_secs(10));
    let kept = interval.clamp(Duration::from_millis(500), Duration::from_secs(60));
    if kept != interval {
        warnings.push(format!(
            "{NAME}: exports every {kept:?} instead of every {interval:?}"
        ));
    }
    Ok(kept)
}

/// `k=v,k2=v2`, percent-encoded.
fn pairs(what: &str, text: &str) -> Result<Vec<(String, String)>, String> {
    let decoded = |text: &str| {
        percent_decode_str(text.trim())
            .decode_utf8_lossy()
            .into_owned()
    };
    let items = text.split(',').filter(|item| !item.trim().is_empty());
    items
        .map(|item| match item.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => Ok((decoded(name), decoded(value))),
            Some(_) | None => Err(format!(
                "{NAME}: {what}'{item}' is not of the form key=value"
            )),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::surroundings::Surroundings;

    fn read(vars: &[(&str, &str)]) -> Result<(OtlpSettings, Vec<String>), String> {
        let vars = vars
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let around = Surroundings {
            vars: vars.collect(),
            ..Surroundings::default()
        };
        let sources = Sources {
            around: &around,
            json: None,
            prefix: "K6_OTEL_",
        };
        let mut warnings = Vec::new();
        settings(&sources, &mut warnings).map(|settings| (settings, warnings))
    }

    #[test]
    fn k6s_defaults_are_grpc_over_tls_every_ten_seconds_without_a_prefix() {
        let (settings, warnings) = read(&[]).unwrap();
        assert_eq!(settings.endpoint, "https://localhost:4317");
        assert_eq!(settings.protocol, OtlpProtocol::Grpc);
        assert_eq!(settings.interval, Duration::from_secs(10));
        assert_eq!(settings.metric_prefix, "");
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn k6s_variables_are_read_and_go_before_the_sdks() {
        let (settings, _) = read(&[
            ("K6_OTEL_EXPORTER_PROTOCOL", "http/protobuf"),
            ("K6_OTEL_HTTP_EXPORTER_ENDPOINT", "127.0.0.1:9"),
            ("K6_OTEL_HTTP_EXPORTER_INSECURE", "true"),
            ("K6_OTEL_HTTP_EXPORTER_URL_PATH", "/otlp/v1/metrics"),
            ("K6_OTEL_HEADERS", "a=b%20c,d=e"),
            ("K6_OTEL_METRIC_PREFIX", "my_"),
            ("K6_OTEL_EXPORT_INTERVAL", "2s"),
            ("OTEL_SERVICE_NAME", "shop"),
            ("OTEL_RESOURCE_ATTRIBUTES", "region=eu"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://elsewhere:1"),
        ])
        .unwrap();
        assert_eq!(settings.endpoint, "http://127.0.0.1:9");
        assert_eq!(settings.headers["a"], "b c");
        assert_eq!(settings.interval, Duration::from_secs(2));
        assert_eq!(settings.resource, [("region".to_owned(), "eu".to_owned())]);
        let OtlpNames::K6 { service, path, .. } = settings.names else {
            panic!("k6's names")
        };
        assert_eq!(
            (service.as_str(), path.as_str()),
            ("shop", "/otlp/v1/metrics")
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_in_words() {
        for (name, value, words) in [
            ("K6_OTEL_EXPORTER_PROTOCOL", "json", "protocol"),
            ("K6_OTEL_GRPC_EXPORTER_ENDPOINT", "http://a:1", "scheme"),
            ("K6_OTEL_SERVICE_NAME", "", "empty"),
            ("K6_OTEL_HEADERS", "nonsense", "key=value"),
            ("K6_OTEL_EXPORT_INTERVAL", "soon", "EXPORT_INTERVAL"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(words), "{name}: {error}");
        }
    }
}
