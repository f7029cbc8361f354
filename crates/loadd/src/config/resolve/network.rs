//! Options of the network: from texts to what the client understands.

use std::{collections::BTreeMap, time::Duration};

use loadd_client::{
    CipherSuites, ClientCertificate, ClientSettings, DnsSettings, HostMap, HostPatterns, HttpDebug,
    OptionError, Proxies, TlsSettings, TlsVersion, TlsVersions,
};
use loadd_timeline::DurationValue;
use serde_json::Value;

use super::check::{Check, Least};
use crate::config::{
    file::{LocalIpsFile, TestFile, TlsAuthFile, TlsVersionFile},
    problem::Origin,
    surroundings::Surroundings,
};

/// What the environment says of connections.
#[derive(Debug, Clone)]
pub(crate) struct NetworkVars {
    proxies: Result<Proxies, OptionError>,
    http2: bool,
}

impl NetworkVars {
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, and Go's `GODEBUG=http2client=0`.
    pub(crate) fn look(around: &Surroundings) -> NetworkVars {
        let debug = around.var("GODEBUG").unwrap_or_default();
        NetworkVars {
            proxies: Proxies::from_vars(|name| around.var(name)),
            http2: !debug.split(',').any(|item| item == "http2client=0"),
        }
    }
}

/// `ttl`, `select` and `policy` of a `dns` option.
pub(crate) type DnsParts = BTreeMap<String, Value>;

/// A year: k6's `inf`.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// How long answers of the name service hold.
fn ttl(value: &Value) -> Result<Duration, String> {
    let invalid = || format!("invalid DNS TTL {value}: it is 0, inf or a duration");
    match value.as_str() {
        Some("inf") => return Ok(FOR_EVER),
        Some("") => return Ok(DnsSettings::default().ttl),
        Some(_) | None => {}
    }
    let duration: DurationValue = serde_json::from_value(value.clone()).map_err(|_| invalid())?;
    duration.as_duration().ok_or_else(invalid)
}

/// What the parts of `dns` mean; an error names its part.
pub(crate) fn dns(parts: &DnsParts) -> Result<DnsSettings, (&'static str, String)> {
    let mut settings = DnsSettings::default();
    let text = |name: &'static str| match parts.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err((name, format!("{other} is no text"))),
    };
    if let Some(value) = parts.get("ttl").filter(|value| !value.is_null()) {
        settings.ttl = ttl(value).map_err(|error| ("ttl", error))?;
    }
    if let Some(select) = text("select")? {
        let parsed = select.parse();
        settings.select = parsed.map_err(|error: OptionError| ("select", error.to_string()))?;
    }
    if let Some(policy) = text("policy")? {
        let parsed = policy.parse();
        settings.policy = parsed.map_err(|error: OptionError| ("policy", error.to_string()))?;
    }
    Ok(settings)
}

impl Check<'_> {
    /// All that the client is told.
    pub(super) fn client(
        &mut self,
        file: &TestFile,
        vars: &NetworkVars,
        (max_idle, max_idle_per_host): (u64, u64),
        warnings: &mut Vec<String>,
    ) -> ClientSettings {
        let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let age = self.duration(
            &["limits", "connection_max_age"],
            file.limits.connection_max_age,
            Duration::ZERO,
            Least::Zero,
        );
        #[expect(
            clippy::cast_precision_loss,
            reason = "nobody asks for 2^53 calls a second"
        )]
        let rps = file.rps.map_or(0.0, |rps| rps.0 as f64);
        ClientSettings {
            no_connection_reuse: file.no_connection_reuse,
            no_vu_connection_reuse: file.no_vu_connection_reuse,
            insecure_skip_tls_verify: file.insecure_skip_tls_verify,
            max_idle: size(max_idle),
            max_idle_per_host: size(max_idle_per_host),
            response_body_bytes: file.limits.response_body.map_or(64 << 20, |size| size.0),
            connection_max_age: (!age.is_zero()).then_some(age),
            hosts: self.hosts(&file.hosts),
            block_hostnames: self.blocked(&file.block_hostnames),
            blacklist_ips: self.each("blacklist_ips", &file.blacklist_ips, str::parse),
            local_ips: self.local_ips(file.local_ips.as_ref()),
            dns: self.dns(&file.dns),
            rps,
            tls: self.tls(file, vars.http2, warnings),
            proxies: match &vars.proxies {
                Ok(proxies) => proxies.clone(),
                Err(error) => {
                    self.problem(&[], error.to_string(), "");
                    Proxies::default()
                }
            },
            http_debug: match file.http_debug.as_deref() {
                None | Some("") => None,
                Some("full") => Some(HttpDebug::Full),
                // As in k6, any other text means the heads.
                Some(_) => Some(HttpDebug::Headers),
            },
            no_cookies_reset: file.no_cookies_reset,
        }
    }

    /// Items of a list, each with its own complaint.
    fn each<T>(
        &mut self,
        key: &str,
        list: &[String],
        parse: impl Fn(&str) -> Result<T, OptionError>,
    ) -> Vec<T> {
        let mut parsed = Vec::new();
        for (index, text) in list.iter().enumerate() {
            match parse(text) {
                Ok(item) => parsed.push(item),
                Err(error) => self.problem(&[key, &index.to_string()], error.to_string(), ""),
            }
        }
        parsed
    }

    fn hosts(&mut self, pairs: &BTreeMap<String, String>) -> HostMap {
        let mut map = HostMap::default();
        for (pattern, target) in pairs {
            if let Err(error) = map.insert(pattern, target) {
                self.problem(&["hosts", pattern], error.to_string(), "");
            }
        }
        map
    }

    fn blocked(&mut self, list: &[String]) -> HostPatterns {
        let mut patterns = HostPatterns::default();
        for (index, pattern) in list.iter().enumerate() {
            if let Err(error) = patterns.insert(pattern) {
                let path = ["block_hostnames", &index.to_string()];
                self.problem(&path, error.to_string(), "");
            }
        }
        patterns
    }

    fn local_ips(&mut self, given: Option<&LocalIpsFile>) -> loadd_client::LocalAddresses {
        let text = match given {
            None => return loadd_client::LocalAddresses::default(),
            Some(LocalIpsFile::Text(text)) => text.clone(),
            Some(LocalIpsFile::List(list)) => list.join(","),
        };
        text.parse().unwrap_or_else(|error: OptionError| {
            self.problem(&["local_ips"], error.to_string(), "");
            loadd_client::LocalAddresses::default()
        })
    }

    fn dns(&mut self, parts: &DnsParts) -> DnsSettings {
        for part in parts.keys() {
            let path = ["dns".to_owned(), part.clone()];
            // As in k6, a script may say what it likes beside them.
            let in_file = matches!(self.merged.origin(&path), Origin::File { .. });
            if in_file && !["ttl", "select", "policy"].contains(&part.as_str()) {
                let help = "they are ttl, select and policy";
                self.problem(&["dns", part], "is no part of dns", help);
            }
        }
        dns(parts).unwrap_or_else(|(part, error)| {
            self.problem(&["dns", part], error, "");
            DnsSettings::default()
        })
    }

    fn tls(&mut self, file: &TestFile, http2: bool, warnings: &mut Vec<String>) -> TlsSettings {
        let version = |text: &Option<String>| {
            let text = text.as_deref().filter(|text| !text.is_empty());
            text.map(str::parse::<TlsVersion>).transpose()
        };
        let span = |least: &Option<String>, greatest: &Option<String>| {
            TlsVersions::new(version(least)?, version(greatest)?)
        };
        let versions = match &file.tls_version {
            None => Ok(TlsVersions::default()),
            Some(TlsVersionFile::One(text)) => {
                let one = Some(text.clone());
                span(&one, &one)
            }
            Some(TlsVersionFile::Span(limits)) => span(&limits.min, &limits.max),
        };
        let versions = versions.unwrap_or_else(|error| {
            self.problem(&["tls_version"], error.to_string(), "");
            TlsVersions::default()
        });
        let suites = file
            .tls_cipher_suites
            .as_ref()
            .filter(|list| !list.is_empty());
        let suites = suites.map(|list| CipherSuites::of_names(list.iter().map(String::as_str)));
        let cipher_suites = suites.transpose().unwrap_or_else(|error| {
            self.problem(&["tls_cipher_suites"], error.to_string(), "");
            None
        });
        if file.tls_auth.iter().any(|auth| !auth.domains.is_empty()) {
            let text = "tlsAuth: `domains` is deprecated; without it the certificate that the server asks for is chosen";
            warnings.push(text.to_owned());
        }
        TlsSettings {
            versions,
            cipher_suites,
            certificates: self.certificates(&file.tls_auth),
            http2,
        }
    }

    fn certificates(&mut self, list: &[TlsAuthFile]) -> Vec<ClientCertificate> {
        let mut certificates = Vec::new();
        for (index, auth) in list.iter().enumerate() {
            let password = auth.password.as_deref().unwrap_or_default();
            let made = ClientCertificate::from_pem(&auth.cert, &auth.key, password, &auth.domains);
            match made {
                Ok(certificate) => certificates.push(certificate),
                Err(error) => {
                    self.problem(&["tls_auth", &index.to_string()], error.to_string(), "");
                }
            }
        }
        certificates
    }
}
