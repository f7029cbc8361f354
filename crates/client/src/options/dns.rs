//! `dns`: how long answers of the name service hold, and which of its addresses is taken.

use std::{net::IpAddr, time::Duration};

use super::OptionError;

/// How names become addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsSettings {
    /// How long an answer is used; zero: asked for each connection.
    pub ttl: Duration,
    /// Which address of an answer is dialled.
    pub select: DnsSelect,
    /// Which addresses of an answer count.
    pub policy: DnsPolicy,
}

/// Which address of several is dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsSelect {
    /// Always the first.
    First,
    /// Drawn for each connection.
    Random,
    /// One after the other, counted over all VUs.
    RoundRobin,
}

/// Which family of addresses counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsPolicy {
    /// IPv4 where there is any, else IPv6.
    PreferIpv4,
    /// IPv6 where there is any, else IPv4.
    PreferIpv6,
    /// IPv4 alone.
    OnlyIpv4,
    /// IPv6 alone.
    OnlyIpv6,
    /// Both.
    Any,
}

impl Default for DnsSettings {
    /// k6's: five minutes, drawn at random, IPv4 first.
    fn default() -> Self {
        DnsSettings {
            ttl: Duration::from_mins(5),
            select: DnsSelect::Random,
            policy: DnsPolicy::PreferIpv4,
        }
    }
}

impl std::str::FromStr for DnsSelect {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<DnsSelect, OptionError> {
        match text {
            "first" => Ok(DnsSelect::First),
            "random" => Ok(DnsSelect::Random),
            "roundRobin" => Ok(DnsSelect::RoundRobin),
            other => Err(OptionError::new(format!(
                "invalid DNS select \"{other}\": it is first, random or roundRobin"
            ))),
        }
    }
}

impl std::str::FromStr for DnsPolicy {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<DnsPolicy, OptionError> {
        match text {
            "preferIPv4" => Ok(DnsPolicy::PreferIpv4),
            "preferIPv6" => Ok(DnsPolicy::PreferIpv6),
            "onlyIPv4" => Ok(DnsPolicy::OnlyIpv4),
            "onlyIPv6" => Ok(DnsPolicy::OnlyIpv6),
            "any" => Ok(DnsPolicy::Any),
            other => Err(OptionError::new(format!(
                "invalid DNS policy \"{other}\": it is preferIPv4, preferIPv6, onlyIPv4, onlyIPv6 or any"
            ))),
        }
    }
}

impl DnsPolicy {
    /// The addresses that count.
    pub(crate) fn filter(self, mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
        let (v4, v6) = (
            addresses.iter().any(IpAddr::is_ipv4),
            addresses.iter().any(IpAddr::is_ipv6),
        );
        let keep: fn(&IpAddr) -> bool = match self {
            DnsPolicy::PreferIpv4 if v4 => IpAddr::is_ipv4,
            DnsPolicy::PreferIpv6 if v6 => IpAddr::is_ipv6,
            DnsPolicy::PreferIpv4 | DnsPolicy::PreferIpv6 | DnsPolicy::Any => |_| true,
            DnsPolicy::OnlyIpv4 => IpAddr::is_ipv4,
            DnsPolicy::OnlyIpv6 => IpAddr::is_ipv6,
        };
        addresses.retain(keep);
        addresses.dedup();
        addresses
    }
}
