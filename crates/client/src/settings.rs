//! The test's connection options, parsed: nothing in here can fail for its form.

use std::time::Duration;

use crate::options::{
    addresses::{Cidr, LocalAddresses},
    dns::DnsSettings,
    hosts::{HostMap, HostPatterns},
    proxy::Proxies,
    tls::TlsSettings,
};

/// The test's connection options.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// `noConnectionReuse`: no keep-alive at all.
    pub no_connection_reuse: bool,
    /// `noVUConnectionReuse`: idle connections are closed at the end of each iteration.
    pub no_vu_connection_reuse: bool,
    /// `insecureSkipTLSVerify`.
    pub insecure_skip_tls_verify: bool,
    /// Idle connections kept by a VU in total (`batch`, 20) and for one host (`batchPerHost`, 6).
    pub max_idle: usize,
    /// See `max_idle`.
    pub max_idle_per_host: usize,
    /// Decoded bytes of a body kept for the script; a longer one is an error of the request.
    pub response_body_bytes: u64,
    /// `limits.connection_max_age`: an older connection is not used for another request.
    pub connection_max_age: Option<Duration>,
    /// `hosts`.
    pub hosts: HostMap,
    /// `blockHostnames`.
    pub block_hostnames: HostPatterns,
    /// `blacklistIPs`.
    pub blacklist_ips: Vec<Cidr>,
    /// `localIPs`.
    pub local_ips: LocalAddresses,
    /// `dns`.
    pub dns: DnsSettings,
    /// `rps`: calls per second of this process; 0 and below: no limit.
    pub rps: f64,
    /// `tlsVersion`, `tlsCipherSuites`, `tlsAuth`.
    pub tls: TlsSettings,
    /// From the environment.
    pub proxies: Proxies,
    /// `httpDebug`: exchanges carry their texts.
    pub http_debug: Option<HttpDebug>,
    /// `noCookiesReset`: the VU's jar outlives its iterations.
    pub no_cookies_reset: bool,
}

impl Default for ClientSettings {
    /// k6's defaults, and 100 MiB for a body.
    fn default() -> Self {
        ClientSettings {
            no_connection_reuse: false,
            no_vu_connection_reuse: false,
            insecure_skip_tls_verify: false,
            max_idle: 20,
            max_idle_per_host: 6,
            response_body_bytes: 100 << 20,
            connection_max_age: None,
            hosts: HostMap::default(),
            block_hostnames: HostPatterns::default(),
            blacklist_ips: Vec::new(),
            local_ips: LocalAddresses::default(),
            dns: DnsSettings::default(),
            rps: 0.0,
            tls: TlsSettings::default(),
            proxies: Proxies::default(),
            http_debug: None,
            no_cookies_reset: false,
        }
    }
}

/// How much of each exchange is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpDebug {
    /// Heads.
    Headers,
    /// Bodies, too.
    Full,
}
