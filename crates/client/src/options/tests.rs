//! What the texts of the options mean.

use std::net::IpAddr;

use super::{
    addresses::{Cidr, LocalAddresses},
    dns::{DnsPolicy, DnsSelect},
    hosts::{HostMap, HostPatterns, HostTarget},
};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn of_several_patterns_the_exact_name_with_its_port_wins_then_the_longest_wildcard() {
    let mut map = HostMap::default();
    for (pattern, target) in [
        ("shop.test", "10.0.0.1"),
        ("shop.test:8443", "10.0.0.2:9443"),
        ("*.test", "10.0.0.3"),
        ("*.api.test", "10.0.0.4"),
        ("*pi.test", "10.0.0.5"),
        ("V6.test", "[::1]:80"),
        ("127.0.0.9", "10.0.0.6"),
        ("wrong.test", "not-an-address"),
    ] {
        map.insert(pattern, target).unwrap();
    }
    let to = |text: &str, port| Some(HostTarget::Address(address(text), port));
    let table = [
        ("shop.test", 80, to("10.0.0.1", None)),
        ("shop.test", 8443, to("10.0.0.2", Some(9443))),
        ("www.test", 80, to("10.0.0.3", None)),
        ("a.api.test", 80, to("10.0.0.4", None)),
        ("api.test", 80, to("10.0.0.5", None)),
        ("v6.test", 443, to("::1", Some(80))),
        ("127.0.0.9", 80, to("10.0.0.6", None)),
        ("wrong.test", 80, Some(HostTarget::Nowhere)),
        ("test", 80, None),
        ("other.example", 80, None),
    ];
    for (host, port, expected) in table {
        assert_eq!(map.find(host, port), expected, "{host}:{port}");
    }
}

#[test]
fn a_pattern_of_a_blocked_name_covers_what_its_star_says() {
    let table = [
        ("a.test", "a.test", true),
        ("a.test", "b.a.test", false),
        ("*.a.test", "b.a.test", true),
        ("*.a.test", "a.test", false),
        ("*a.test", "a.test", true),
        ("*a.test", "ba.test", true),
        ("*", "anything", true),
        ("A.Test", "a.test", true),
    ];
    for (pattern, host, expected) in table {
        let mut patterns = HostPatterns::default();
        patterns.insert(pattern).unwrap();
        assert_eq!(patterns.contains(host), expected, "{pattern} {host}");
    }
}

#[test]
fn a_pattern_with_what_no_host_name_has_is_refused() {
    for pattern in [
        "",
        "a_b.test",
        "a..b",
        "a.*.b",
        "**",
        "*.",
        "a b",
        "a.test:x",
        "a.test:99999",
    ] {
        assert!(
            HostMap::default().insert(pattern, "10.0.0.1").is_err(),
            "{pattern}"
        );
    }
    assert!(HostPatterns::default().insert("a.test:80").is_err());
}

#[test]
fn a_block_holds_its_addresses_and_a_plain_address_is_no_block() {
    let table = [
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("127.0.0.1/32", "127.0.0.1", true),
        ("127.0.0.1/32", "127.0.0.2", false),
        ("0.0.0.0/0", "192.168.1.1", true),
        ("0.0.0.0/0", "::1", false),
        ("::/0", "::1", true),
        ("fe80::/10", "fe80::1", true),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true),
    ];
    for (block, inside, expected) in table {
        let block: Cidr = block.parse().unwrap();
        assert_eq!(
            block.contains(address(inside)),
            expected,
            "{block:?} {inside}"
        );
    }
    for text in [
        "10.0.0.1",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "x/8",
        "",
    ] {
        let error = text.parse::<Cidr>().unwrap_err().to_string();
        assert_eq!(error, format!("invalid CIDR address: {text}"));
    }
}

#[test]
fn local_addresses_go_round_over_the_vus() {
    let table: &[(&str, &[&str])] = &[
        ("10.0.0.1", &["10.0.0.1", "10.0.0.1"]),
        (
            "10.0.0.1-10.0.0.3",
            &["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1"],
        ),
        // Network and broadcast address stay out.
        ("10.0.0.0/30", &["10.0.0.1", "10.0.0.2", "10.0.0.1"]),
        ("10.0.0.4/31", &["10.0.0.4", "10.0.0.5", "10.0.0.4"]),
        ("10.0.0.9/32", &["10.0.0.9"]),
        (
            "10.0.0.1,10.0.0.7-10.0.0.8, ::1",
            &["10.0.0.1", "10.0.0.7", "10.0.0.8", "::1", "10.0.0.1"],
        ),
        ("fd00::/64", &["fd00::", "fd00::1"]),
    ];
    for (text, expected) in table {
        let pool: LocalAddresses = text.parse().unwrap();
        for (vu, expected) in (1..).zip(*expected) {
            assert_eq!(pool.of_vu(vu), Some(address(expected)), "{text} VU {vu}");
        }
        assert_eq!(pool.of_vu(0), pool.of_vu(1), "setup is no VU");
    }
    let all: LocalAddresses = "::/0".parse().unwrap();
    assert_eq!(all.of_vu(2), Some(address("::1")));
    assert_eq!(LocalAddresses::default().of_vu(1), None);
    for text in ["x", "10.0.0.2-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/40"] {
        let error = text.parse::<LocalAddresses>().unwrap_err().to_string();
        assert_eq!(error, format!("invalid local IP \"{text}\""));
    }
}

#[test]
fn a_policy_filters_an_answer() {
    let (v4, v6) = (address("10.0.0.1"), address("fd00::1"));
    let table = [
        ("preferIPv4", vec![v4], vec![v6]),
        ("preferIPv6", vec![v6], vec![v6]),
        ("onlyIPv4", vec![v4], vec![]),
        ("onlyIPv6", vec![v6], vec![v6]),
        ("any", vec![v6, v4], vec![v6]),
    ];
    for (name, of_both, of_v6) in table {
        let policy: DnsPolicy = name.parse().unwrap();
        assert_eq!(policy.filter(vec![v6, v4]), of_both, "{name}");
        assert_eq!(policy.filter(vec![v6]), of_v6, "{name}");
    }
    assert!("v4".parse::<DnsPolicy>().is_err());
    assert!("roundrobin".parse::<DnsSelect>().is_err());
}

#[test]
fn no_text_of_an_option_makes_its_parser_fall() {
    bolero::check!()
        .with_iterations(20_000)
        .with_type::<(String, String)>()
        .for_each(|(text, other)| {
            let mut map = HostMap::default();
            if map.insert(text, other).is_ok() {
                assert!(!text.is_empty());
                map.find(other, 80);
            }
            let mut patterns = HostPatterns::default();
            if patterns.insert(text).is_ok() {
                patterns.contains(other);
            }
            if let Ok(block) = text.parse::<Cidr>() {
                block.contains(address("127.0.0.1"));
            }
            if let Ok(pool) = text.parse::<LocalAddresses>()
                && !pool.is_empty()
            {
                assert!(pool.of_vu(7).is_some());
            }
        });
}
