//! Proxies from the environment, as Go's client reads them: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in either case.

use std::net::IpAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;

use super::{OptionError, addresses::Cidr};
use crate::{RequestUrl, Scheme};

/// Which requests take a proxy, and which one.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    direct: Vec<Direct>,
}

/// One proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) kind: ProxyKind,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// User and password.
    pub(crate) credentials: Option<(String, String)>,
}

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyKind {
    Http,
    /// HTTP over TLS.
    Https,
    Socks5,
}

/// What goes without a proxy.
#[derive(Debug, Clone)]
enum Direct {
    All,
    Block(Cidr),
    Address(IpAddr, Option<String>),
    /// `.name`, and whether the name itself counts.
    Domain(String, bool, Option<String>),
}

impl Proxies {
    /// Reads the variables.
    ///
    /// # Errors
    /// Where a proxy's address is none; names the variable.
    pub fn from_vars<'v>(var: impl Fn(&str) -> Option<&'v str>) -> Result<Proxies, OptionError> {
        let either = |upper: &str| {
            let lower = upper.to_ascii_lowercase();
            let found = var(upper).filter(|text| !text.is_empty());
            found.or_else(|| var(&lower).filter(|text| !text.is_empty()))
        };
        let proxy = |name: &str| {
            let parsed = either(name).map(Proxy::parse).transpose();
            parsed.map_err(|OptionError(text)| OptionError(format!("{name}: {text}")))
        };
        let direct = either("NO_PROXY").unwrap_or("");
        Ok(Proxies {
            http: proxy("HTTP_PROXY")?,
            https: proxy("HTTPS_PROXY")?,
            direct: direct.split(',').filter_map(Direct::parse).collect(),
        })
    }

    /// The proxy of this request; this machine never has one.
    pub(crate) fn of(&self, url: &RequestUrl) -> Option<&Proxy> {
        let proxy = match url.scheme {
            Scheme::Http => self.http.as_ref()?,
            Scheme::Https => self.https.as_ref()?,
        };
        let address: Option<IpAddr> = url.host.parse().ok();
        let here = &*url.host == "localhost" || address.is_some_and(|ip| ip.is_loopback());
        let port = url.port.to_string();
        let direct = here
            || self
                .direct
                .iter()
                .any(|direct| direct.covers(&url.host, &port, address));
        (!direct).then_some(proxy)
    }
}

impl Proxy {
    fn parse(text: &str) -> Result<Proxy, OptionError> {
        let invalid = || OptionError::new(format!("invalid proxy address \"{text}\""));
        let whole = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = url::Url::parse(&whole).map_err(|_| invalid())?;
        let (kind, port) = match url.scheme() {
            "http" => (ProxyKind::Http, 80),
            "https" => (ProxyKind::Https, 443),
            "socks5" | "socks5h" => (ProxyKind::Socks5, 1080),
            _ => return Err(invalid()),
        };
        let host = url.host_str().ok_or_else(invalid)?;
        let decoded = |part: &str| {
            let bytes = percent_encoding::percent_decode_str(part);
            bytes.decode_utf8_lossy().into_owned()
        };
        let credentials = (!url.username().is_empty()).then(|| {
            let password = url.password().unwrap_or("");
            (decoded(url.username()), decoded(password))
        });
        Ok(Proxy {
            kind,
            host: host.trim_matches(['[', ']']).to_ascii_lowercase(),
            port: url.port().unwrap_or(port),
            credentials,
        })
    }

    /// `Proxy-Authorization`, where there are credentials.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.credentials.as_ref()?;
        let coded = BASE64_STANDARD.encode(format!("{user}:{password}"));
        HeaderValue::from_str(&format!("Basic {coded}")).ok()
    }
}

impl Direct {
    fn parse(item: &str) -> Option<Direct> {
        let item = item.trim().to_ascii_lowercase();
        if item == "*" {
            return Some(Direct::All);
        }
        if let Ok(block) = item.parse() {
            return Some(Direct::Block(block));
        }
        if let Ok(address) = item.trim_matches(['[', ']']).parse() {
            return Some(Direct::Address(address, None));
        }
        let (name, port) = match item.rsplit_once(':') {
            Some((name, port)) => (name.trim_matches(['[', ']']), Some(port.to_owned())),
            None => (item.as_str(), None),
        };
        if let Ok(address) = name.parse() {
            return Some(Direct::Address(address, port));
        }
        let name = name
            .strip_prefix("*.")
            .map_or_else(|| name.to_owned(), |rest| format!(".{rest}"));
        match name.strip_prefix('.') {
            _ if name.is_empty() => None,
            Some(_) => Some(Direct::Domain(name, false, port)),
            None => Some(Direct::Domain(format!(".{name}"), true, port)),
        }
    }

    fn covers(&self, host: &str, port: &str, address: Option<IpAddr>) -> bool {
        let same_port = |asked: &Option<String>| asked.as_deref().is_none_or(|asked| asked == port);
        match self {
            Direct::All => true,
            Direct::Block(block) => address.is_some_and(|address| block.contains(address)),
            Direct::Address(other, asked) => address == Some(*other) && same_port(asked),
            Direct::Domain(name, itself, asked) => {
                (host.ends_with(name.as_str()) || (*itself && *host == name[1..]))
                    && same_port(asked)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(vars: &[(&str, &'static str)]) -> Result<Proxies, OptionError> {
        let vars: Vec<_> = vars.to_vec();
        Proxies::from_vars(move |name| vars.iter().find(|(key, _)| *key == name).map(|(_, v)| *v))
    }

    fn taken(proxies: &Proxies, url: &str) -> Option<u16> {
        let url = RequestUrl::parse(url).unwrap();
        proxies.of(&url).map(|proxy| proxy.port)
    }

    #[test]
    fn each_scheme_has_its_proxy_and_this_machine_never_has_one() {
        let proxies = proxies(&[
            ("HTTP_PROXY", "p.test:3128"),
            ("https_proxy", "socks5://p.test"),
        ])
        .unwrap();
        for (url, expected) in [
            ("http://a.test/", Some(3128)),
            ("https://a.test/", Some(1080)),
            ("http://10.0.0.1/", Some(3128)),
            ("http://localhost/", None),
            ("http://127.0.0.3:8080/", None),
            ("https://[::1]/", None),
        ] {
            assert_eq!(taken(&proxies, url), expected, "{url}");
        }
    }

    #[test]
    fn no_proxy_lists_names_blocks_addresses_and_ports() {
        let table = [
            ("*", "http://a.test/", true),
            ("a.test", "http://a.test/", true),
            ("a.test", "http://b.a.test/", true),
            ("a.test", "http://ba.test/", false),
            (".a.test", "http://a.test/", false),
            (".a.test", "http://b.a.test/", true),
            ("*.a.test", "http://b.a.test/", true),
            ("a.test:80", "http://a.test/", true),
            ("a.test:81", "http://a.test/", false),
            (" x.test , A.test", "http://a.TEST/", true),
            ("10.0.0.0/8", "http://10.1.2.3/", true),
            ("10.0.0.1", "http://10.0.0.1/", true),
            ("10.0.0.1:81", "http://10.0.0.1/", false),
            ("[fd00::1]:80", "http://[fd00::1]/", true),
            ("", "http://a.test/", false),
        ];
        for (list, url, direct) in table {
            let proxies = proxies(&[("http_proxy", "http://p.test"), ("NO_PROXY", list)]).unwrap();
            assert_eq!(taken(&proxies, url).is_none(), direct, "{list} {url}");
        }
    }

    #[test]
    fn an_address_of_a_proxy_may_have_credentials_and_must_be_one() {
        let proxy = Proxy::parse("https://us%40er:p:w@P.test:8443").unwrap();
        assert_eq!(proxy.kind, ProxyKind::Https);
        assert_eq!((proxy.host.as_str(), proxy.port), ("p.test", 8443));
        assert_eq!(proxy.credentials, Some(("us@er".into(), "p:w".into())));
        for text in ["ftp://p.test", "http://", "://x", "p.test:99999"] {
            let error = proxies(&[("HTTP_PROXY", text)]).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("HTTP_PROXY: invalid proxy address \"{text}\"")
            );
        }
    }

    #[test]
    fn no_text_of_the_environment_makes_the_reader_fall() {
        bolero::check!()
            .with_iterations(10_000)
            .with_type::<(String, String)>()
            .for_each(|(proxy, list)| {
                let url = RequestUrl::parse("http://a.test/").unwrap();
                let var = |name: &str| match name {
                    "HTTP_PROXY" => Some(proxy.as_str()),
                    "NO_PROXY" => Some(list.as_str()),
                    _ => None,
                };
                if let Ok(proxies) = Proxies::from_vars(var) {
                    proxies.of(&url);
                }
            });
    }
}
