//! Options of the network, seen by servers on 127.0.0.1.

use std::{cell::RefCell, rc::Rc, time::Duration};

use tokio::{net::TcpListener, task::spawn_local};

use super::kit::{Reply, Server, fault, get, ok, run, session_with, text};
use crate::{ClientContext, ClientSettings, HostMap, HostPatterns, Session};

fn hosts(pairs: &[(&str, &str)]) -> HostMap {
    let mut map = HostMap::default();
    for (pattern, target) in pairs {
        map.insert(pattern, target).unwrap();
    }
    map
}

#[test]
fn hosts_lead_a_name_to_an_address_and_the_request_keeps_the_name() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok("here"))).await;
        let port = server.address.port();
        let session = session_with(ClientSettings {
            hosts: hosts(&[
                ("shop.test", &server.address.to_string()),
                ("*.shop.test", "127.0.0.1"),
                ("127.0.0.77", &server.address.to_string()),
                ("nowhere.test", "not-an-address"),
            ]),
            ..ClientSettings::default()
        });
        for url in [
            "http://Shop.test/a".to_owned(),
            format!("http://www.shop.test:{port}/b"),
            "http://127.0.0.77/c".to_owned(),
        ] {
            assert_eq!(text(&session.send(get(&url)).await), "here", "{url}");
        }
        let seen = server.requests.borrow().join("");
        assert!(seen.contains("Host: Shop.test\r\n"), "{seen}");
        assert!(
            seen.contains(&format!("Host: www.shop.test:{port}\r\n")),
            "{seen}"
        );
        let outcome = session.send(get("http://nowhere.test/")).await;
        assert_eq!(fault(&outcome), (1101, "lookup: no such host"));
    });
}

#[test]
fn blocked_names_and_addresses_are_refused_before_anything_is_dialled() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let mut block_hostnames = HostPatterns::default();
        block_hostnames.insert("*.blocked.test").unwrap();
        let session = session_with(ClientSettings {
            block_hostnames,
            blacklist_ips: vec!["127.0.0.0/8".parse().unwrap()],
            hosts: hosts(&[
                ("a.blocked.test", &server.address.to_string()),
                ("b.test", &server.address.to_string()),
            ]),
            ..ClientSettings::default()
        });
        let table = [
            (
                "http://a.blocked.test/".to_owned(),
                1111,
                "hostname is blocked",
            ),
            ("http://b.test/".to_owned(), 1110, "ip is blacklisted"),
            (server.url("/"), 1110, "ip is blacklisted"),
        ];
        for (url, code, message) in table {
            assert_eq!(
                fault(&session.send(get(&url)).await),
                (code, message),
                "{url}"
            );
        }
        assert_eq!((server.seen(), *server.accepted.borrow()), (0, 0));
    });
}

#[test]
fn each_vu_dials_from_its_own_local_address() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let from = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&from);
        spawn_local(async move {
            loop {
                let (_, peer) = listener.accept().await.unwrap();
                seen.borrow_mut().push(peer.ip().to_string());
            }
        });
        let context = ClientContext::new(ClientSettings {
            local_ips: "127.0.0.4-127.0.0.5".parse().unwrap(),
            ..ClientSettings::default()
        });
        for vu in 1..=3 {
            let url = format!("http://{address}/");
            Session::new(&context, vu).send(get(&url)).await;
        }
        assert_eq!(*from.borrow(), ["127.0.0.4", "127.0.0.5", "127.0.0.4"]);
    });
}

#[test]
fn a_local_address_of_the_other_family_is_an_error_of_the_dial() {
    run(async {
        let session = session_with(ClientSettings {
            local_ips: "::1".parse().unwrap(),
            ..ClientSettings::default()
        });
        let outcome = session.send(get("http://127.0.0.1:1/")).await;
        let expected = "dial: mismatched local address type ::1";
        assert_eq!(fault(&outcome), (1210, expected));
    });
}

#[test]
fn a_connection_past_its_age_is_replaced_and_a_younger_one_is_not() {
    run(async {
        for (age, connections) in [
            (Some(Duration::ZERO), 3),
            (Some(Duration::from_secs(60)), 1),
            (None, 1),
        ] {
            let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
            let session = session_with(ClientSettings {
                connection_max_age: age,
                ..ClientSettings::default()
            });
            for _ in 0..3 {
                session.send(get(&server.url("/"))).await;
            }
            assert_eq!(*server.accepted.borrow(), connections, "{age:?}");
        }
    });
}

#[test]
fn calls_keep_the_rate_over_all_sessions_and_waiting_is_no_part_of_their_times() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let context = ClientContext::new(ClientSettings {
            rps: 50.0,
            ..ClientSettings::default()
        });
        let began = std::time::Instant::now();
        let sessions: Vec<_> = (1..=6).map(|vu| Session::new(&context, vu)).collect();
        let calls = sessions
            .iter()
            .map(|session| session.send(get(&server.url("/"))));
        let outcomes = futures_util::future::join_all(calls).await;
        // The first goes at once, each other one 20 ms after the one before.
        assert!(
            began.elapsed() >= Duration::from_millis(99),
            "{:?}",
            began.elapsed()
        );
        let slowest = outcomes
            .iter()
            .map(|outcome| outcome.last.timings.blocked + outcome.last.timings.duration());
        let total: u64 = slowest.sum();
        assert!(
            u128::from(total) < began.elapsed().as_nanos() * 6 / 2,
            "{total}"
        );
    });
}

#[test]
fn a_call_that_is_given_up_while_it_waits_for_its_turn_takes_no_turn() {
    run(async {
        let server = Server::start(|_, _| Reply::Keep(ok(""))).await;
        let session = session_with(ClientSettings {
            rps: 20.0,
            ..ClientSettings::default()
        });
        session.send(get(&server.url("/"))).await;
        let given_up = (0..100).map(|_| session.send(get(&server.url("/"))));
        let all = futures_util::future::join_all(given_up);
        assert!(
            tokio::time::timeout(Duration::from_millis(1), all)
                .await
                .is_err()
        );
        let began = std::time::Instant::now();
        session.send(get(&server.url("/"))).await;
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
    });
}
