//! Names to addresses: the system's resolver, off the event loop, behind one cache for all VUs.
//!
//! An IP literal never comes here.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{RequestError, socket::marks::now};

/// k6's default `dns.ttl`.
const TTL: Duration = Duration::from_mins(5);
/// Names kept; a script that makes up names drops the whole cache rather than growing it.
const NAMES: usize = 4096;

/// Address lists by name, for all VUs.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    // A std mutex: held for a look-up in a map, never across an await, and only when a connection is dialled.
    cache: Mutex<HashMap<Box<str>, Known>>,
    draws: AtomicU64,
}

/// Until when it holds, and the addresses.
type Known = (Instant, Box<[IpAddr]>);

impl Resolver {
    /// One address of `host`: of the IPv4 ones if there are any, drawn at random.
    pub(crate) async fn resolve(&self, host: &str) -> Result<IpAddr, RequestError> {
        if let Some(address) = self.cached(host) {
            return Ok(address);
        }
        let found = tokio::net::lookup_host((host, 0)).await;
        let addresses: Vec<IpAddr> = match found {
            Ok(addresses) => prefer_v4(addresses.map(|address| address.ip()).collect()),
            Err(error) => return Err(lookup_failed(&error)),
        };
        let Some(address) = self.draw(&addresses) else {
            return Err(no_such_host());
        };
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= NAMES {
            cache.clear();
        }
        cache.insert(host.into(), (now() + TTL, addresses.into()));
        Ok(address)
    }

    fn cached(&self, host: &str) -> Option<IpAddr> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, addresses) = cache.get(host)?;
        if *until <= now() {
            return None;
        }
        self.draw(addresses)
    }

    fn draw(&self, addresses: &[IpAddr]) -> Option<IpAddr> {
        let count = addresses.len() as u64;
        let draw = scramble(self.draws.fetch_add(1, Ordering::Relaxed));
        let index = draw.checked_rem(count)?;
        addresses.get(usize::try_from(index).ok()?).copied()
    }
}

/// `preferIPv4`.
fn prefer_v4(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    if addresses.iter().any(IpAddr::is_ipv4) {
        addresses.retain(IpAddr::is_ipv4);
    }
    addresses.dedup();
    addresses
}

/// splitmix64: spreads consecutive numbers evenly.
fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn no_such_host() -> RequestError {
    RequestError::new(1101, "lookup: no such host")
}

/// The resolver's codes do not reach us through std; its texts do.
fn lookup_failed(error: &io::Error) -> RequestError {
    let text = error.to_string();
    let unknown = ["not known", "No address", "nodename", "No such host"];
    if unknown.iter().any(|part| text.contains(part)) {
        no_such_host()
    } else if text.contains("Temporary failure") {
        RequestError::new(1100, "lookup: server misbehaving")
    } else {
        RequestError::new(1100, format!("lookup: {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_addresses_are_preferred_and_ipv6_is_taken_where_there_are_none() {
        let v4: IpAddr = "10.0.0.1".parse().unwrap();
        let v6: IpAddr = "::1".parse().unwrap();
        assert_eq!(prefer_v4(vec![v6, v4]), [v4]);
        assert_eq!(prefer_v4(vec![v6]), [v6]);
    }

    #[test]
    fn a_draw_reaches_every_address_and_needs_one() {
        let resolver = Resolver::default();
        let list: Vec<IpAddr> = (1..=4u8).map(|n| IpAddr::from([10, 0, 0, n])).collect();
        let drawn: std::collections::HashSet<_> =
            (0..100).map(|_| resolver.draw(&list).unwrap()).collect();
        assert_eq!(drawn.len(), 4);
        assert_eq!(resolver.draw(&[]), None);
    }

    #[test]
    fn resolver_texts_become_k6_codes() {
        let table = [
            (
                "failed to lookup address information: Name or service not known",
                1101,
            ),
            (
                "failed to lookup address information: Temporary failure in name resolution",
                1100,
            ),
            ("something else", 1100),
        ];
        for (text, code) in table {
            assert_eq!(
                lookup_failed(&io::Error::other(text)).code.0,
                code,
                "{text}"
            );
        }
    }
}
