//! Patterns of host names: `hosts` (a name leads to another address) and `blockHostnames`.
//!
//! A pattern is lower-cased: an optional `*` in front, then labels of `a-z 0-9 -`, then an optional `:port`. An exact name
//! wins, else the longest wildcard: `*.x.y` wants a label before it, `*x.y` also means `x.y` itself, `*` means all.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

use super::OptionError;

/// `hosts`: where names lead instead of to what the name service says.
#[derive(Debug, Clone, Default)]
pub struct HostMap(Patterns<HostTarget>);

/// `blockHostnames`: names that may not be dialled.
#[derive(Debug, Clone, Default)]
pub struct HostPatterns(Patterns<()>);

/// Where a name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostTarget {
    /// This address; without a port the dialled one stays.
    Address(IpAddr, Option<u16>),
    /// The target is no address: accepted as a text, refused when it is dialled, as in k6.
    Nowhere,
}

#[derive(Debug, Clone)]
struct Patterns<T> {
    exact: HashMap<Box<str>, T>,
    /// What must stand at the end; the longest first.
    endings: Vec<(Box<str>, T)>,
}

impl<T> Default for Patterns<T> {
    fn default() -> Self {
        Patterns {
            exact: HashMap::new(),
            endings: Vec::new(),
        }
    }
}

impl HostMap {
    /// Adds a pattern (`name`, `name:port`, `*.name`) and where it leads (`address`, `address:port`, `[v6]:port`).
    ///
    /// # Errors
    /// Where the pattern has a character that a host name has not.
    pub fn insert(&mut self, pattern: &str, target: &str) -> Result<(), OptionError> {
        let pattern = checked(pattern, Port::Allowed)?;
        self.0.insert(&pattern, HostTarget::parse(target));
        Ok(())
    }

    /// Where this host leads: asked with its port first, then without.
    pub(crate) fn find(&self, host: &str, port: u16) -> Option<HostTarget> {
        if self.0.is_empty() {
            return None;
        }
        let with_port = self.0.find(&format!("{host}:{port}"));
        with_port.or_else(|| self.0.find(host)).copied()
    }
}

impl HostPatterns {
    /// Adds a pattern without a port.
    ///
    /// # Errors
    /// Where it has a character that a host name has not.
    pub fn insert(&mut self, pattern: &str) -> Result<(), OptionError> {
        let pattern = checked(pattern, Port::Refused)?;
        self.0.insert(&pattern, ());
        Ok(())
    }

    pub(crate) fn contains(&self, host: &str) -> bool {
        !self.0.is_empty() && self.0.find(host).is_some()
    }
}

impl HostTarget {
    fn parse(text: &str) -> HostTarget {
        if let Ok(address) = text.parse::<IpAddr>() {
            return HostTarget::Address(address, None);
        }
        match text.parse::<SocketAddr>() {
            Ok(address) => HostTarget::Address(address.ip(), Some(address.port())),
            Err(_) => HostTarget::Nowhere,
        }
    }
}

impl<T> Patterns<T> {
    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.endings.is_empty()
    }

    fn insert(&mut self, pattern: &str, value: T) {
        let Some(ending) = pattern.strip_prefix('*') else {
            self.exact.insert(pattern.into(), value);
            return;
        };
        self.endings.retain(|(other, _)| **other != *ending);
        let longer = |(other, _): &(Box<str>, T)| other.len() >= ending.len();
        let at = self.endings.partition_point(longer);
        self.endings.insert(at, (ending.into(), value));
    }

    fn find(&self, name: &str) -> Option<&T> {
        self.exact.get(name).or_else(|| {
            let ends = |(ending, _): &&(Box<str>, T)| name.ends_with(&**ending);
            self.endings.iter().find(ends).map(|(_, value)| value)
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Allowed,
    Refused,
}

/// The pattern in lower case.
fn checked(pattern: &str, port: Port) -> Result<String, OptionError> {
    let invalid = || OptionError::new(format!("invalid host pattern \"{pattern}\""));
    let lower = pattern.to_ascii_lowercase();
    let (name, number) = match lower.split_once(':') {
        Some((name, number)) => (name, Some(number)),
        None => (lower.as_str(), None),
    };
    match number {
        Some(_) if port == Port::Refused => return Err(invalid()),
        Some(number) if number.parse::<u16>().is_err() => return Err(invalid()),
        Some(_) | None => {}
    }
    let labels = match name.strip_prefix('*') {
        Some("") => return Ok(lower),
        Some(rest) => rest.strip_prefix('.').unwrap_or(rest),
        None => name,
    };
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = |label: &str| !label.is_empty() && label.bytes().all(allowed);
    if labels.split('.').all(fits) {
        Ok(lower)
    } else {
        Err(invalid())
    }
}
