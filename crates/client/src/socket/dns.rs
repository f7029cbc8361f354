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
    time::Instant,
};

use crate::{DnsSelect, DnsSettings, RequestError, socket::marks::now};

/// Names kept; a script that makes up names drops the whole cache rather than growing it.
const NAMES: usize = 4096;

/// Address lists by name, for all VUs.
#[derive(Debug)]
pub(crate) struct Resolver {
    settings: DnsSettings,
    // A std mutex: held for a look-up in a map, never across an await, and only when a connection is dialled.
    cache: Mutex<HashMap<Box<str>, Known>>,
    draws: AtomicU64,
}

/// An answer of the name service.
#[derive(Debug)]
struct Known {
    until: Instant,
    addresses: Box<[IpAddr]>,
    /// How often it was asked for, over all VUs and answers: the place in the round.
    turns: u64,
}

impl Resolver {
    pub(crate) fn new(settings: DnsSettings) -> Resolver {
        Resolver {
            settings,
            cache: Mutex::default(),
            draws: AtomicU64::new(0),
        }
    }

    /// One address of `host`: of those that the policy allows the one that the selection says.
    pub(crate) async fn resolve(&self, host: &str) -> Result<IpAddr, RequestError> {
        if let Some(address) = self.cached(host, now()) {
            return Ok(address);
        }
        let found = tokio::net::lookup_host((host, 0)).await;
        let found = found.map_err(|error| lookup_failed(&error))?;
        let found = found.map(|address| address.ip()).collect();
        let addresses = self.settings.policy.filter(found);
        self.learn(host, addresses).ok_or_else(no_such_host)
    }

    /// Takes an answer, and an address of it.
    fn learn(&self, host: &str, addresses: Vec<IpAddr>) -> Option<IpAddr> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= NAMES {
            cache.clear();
        }
        let turns = cache.get(host).map_or(0, |known| known.turns);
        let mut known = Known {
            until: now() + self.settings.ttl,
            addresses: addresses.into(),
            turns,
        };
        let address = self.choose(&mut known);
        cache.insert(host.into(), known);
        address
    }

    fn cached(&self, host: &str, now: Instant) -> Option<IpAddr> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cache.get_mut(host)?;
        if known.until <= now {
            return None;
        }
        self.choose(known)
    }

    fn choose(&self, known: &mut Known) -> Option<IpAddr> {
        let count = known.addresses.len() as u64;
        let number = match self.settings.select {
            DnsSelect::First => 0,
            DnsSelect::Random => scramble(self.draws.fetch_add(1, Ordering::Relaxed)),
            DnsSelect::RoundRobin => known.turns,
        };
        known.turns += 1;
        let index = number.checked_rem(count)?;
        known.addresses.get(usize::try_from(index).ok()?).copied()
    }
}

/// splitmix64: spreads consecutive numbers evenly.
fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

pub(crate) fn no_such_host() -> RequestError {
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

    fn addresses(count: u8) -> Vec<IpAddr> {
        (1..=count).map(|n| IpAddr::from([10, 0, 0, n])).collect()
    }

    fn resolver(select: DnsSelect, ttl: u64) -> Resolver {
        Resolver::new(DnsSettings {
            select,
            ttl: std::time::Duration::from_secs(ttl),
            ..DnsSettings::default()
        })
    }

    #[test]
    fn a_draw_reaches_every_address_and_needs_one() {
        let resolver = resolver(DnsSelect::Random, 300);
        let drawn: std::collections::HashSet<_> = (0..100)
            .map(|_| resolver.learn("a.test", addresses(4)).unwrap())
            .collect();
        assert_eq!(drawn.len(), 4);
        assert_eq!(resolver.learn("a.test", Vec::new()), None);
    }

    #[test]
    fn first_is_always_the_first_and_the_round_goes_on_through_new_answers() {
        let list = addresses(3);
        let first = resolver(DnsSelect::First, 300);
        assert!((0..5).all(|_| first.learn("a.test", list.clone()) == Some(list[0])));
        let round = resolver(DnsSelect::RoundRobin, 300);
        let mut taken = vec![round.learn("a.test", list.clone()).unwrap()];
        taken.extend((0..3).map(|_| round.cached("a.test", now()).unwrap()));
        taken.push(round.learn("a.test", list.clone()).unwrap());
        assert_eq!(taken, [list[0], list[1], list[2], list[0], list[1]]);
    }

    #[test]
    fn an_answer_holds_as_long_as_the_ttl_says_and_not_at_all_for_zero() {
        let kept = resolver(DnsSelect::First, 300);
        kept.learn("a.test", addresses(1));
        let (before, after) = (now(), now() + std::time::Duration::from_secs(301));
        assert!(kept.cached("a.test", before).is_some());
        assert!(kept.cached("a.test", after).is_none());
        let fresh = resolver(DnsSelect::First, 0);
        fresh.learn("a.test", addresses(1));
        assert!(fresh.cached("a.test", now()).is_none());
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
