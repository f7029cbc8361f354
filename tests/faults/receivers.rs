//! Receivers on their bad days.

use std::{thread, time::Duration};

use loadd_tests::{Receiver, Reply, wait_for};

use crate::{
    judge::{Page, Story},
    lane::{Lane, Plan, WIDE, Work, side_by_side},
};

const DISK: &str = "spool = { path = \"spool\", max_bytes = \"16MiB\" }";

fn plan<'a>(url: &'a str, spool: &'a str) -> Plan<'a> {
    Plan {
        rate: 60,
        seconds: 4,
        url,
        spool,
        more: "",
        linger: true,
    }
}

fn times(count: usize, reply: &Reply) -> Vec<Reply> {
    vec![reply.clone(); count]
}

/// A run against a receiver that answers by this script and then takes everything; its story, page and exit code.
fn run(script: Vec<Reply>, spool: &str) -> (Lane, Story, Page, i32) {
    let receiver = Receiver::start(script, Reply::status(204));
    let lane = Lane::new();
    let config = lane.config(&plan(&receiver.write_url(), spool));
    let mut loadd = lane.start(&config);
    let page = lane.rest(&loadd);
    loadd.terminate();
    let code = loadd.finish(Duration::from_secs(30)).code;
    let mut story = Story::default();
    story.hear(&receiver);
    story.is_in_order(false);
    story.never_falls();
    assert!(story.has_ended(), "each series ends with its marker");
    (lane, story, page, code)
}

/// Such a receiver costs nothing at all.
fn costs_nothing(script: Vec<Reply>, spool: &'static str) -> Work {
    Box::new(move || {
        let bad = script.len() as f64;
        let (lane, story, page, code) = run(script, spool);
        lane.nothing_is_missing(&story);
        assert_eq!(page.get("loadd_remote_write_samples_failed_total"), 0.0);
        assert_eq!(page.get("loadd_remote_write_samples_dropped_total"), 0.0);
        assert!(
            page.get("loadd_remote_write_retries_total") >= bad,
            "each was asked again"
        );
        assert_eq!(code, 0);
    })
}

#[test]
fn a_receiver_that_is_unwell_costs_nothing() {
    let later = Reply::Answer {
        status: 429,
        headers: vec![("retry-after", "1")],
        body: "slow down",
    };
    let rows: Vec<(&str, Work)> = vec![
        ("resets", costs_nothing(times(6, &Reply::Reset), "")),
        ("hangs up", costs_nothing(times(6, &Reply::HangUp), DISK)),
        ("half a reply", costs_nothing(times(6, &Reply::Half), DISK)),
        ("429 with Retry-After", costs_nothing(times(2, &later), "")),
        ("500", costs_nothing(times(6, &Reply::status(500)), DISK)),
        ("503", costs_nothing(times(6, &Reply::status(503)), "")),
    ];
    side_by_side(
        rows.into_iter()
            .map(|(name, work)| (name.to_owned(), work))
            .collect(),
    );
}

fn stalls() {
    let stall = Reply::Stall(Duration::from_millis(1500));
    let (lane, story, page, code) = run(times(3, &stall), DISK);
    lane.nothing_is_missing(&story);
    assert_eq!(page.get("loadd_remote_write_samples_failed_total"), 0.0);
    assert_eq!(code, 0);
}

/// What is refused for good is counted, and what comes after it makes the totals whole again: they are cumulative.
fn refuses_for_good() {
    let refusal = Reply::Answer {
        status: 400,
        headers: Vec::new(),
        body: "out of bounds, says the receiver",
    };
    let (lane, story, page, code) = run(times(12, &refusal), "");
    lane.nothing_is_missing(&story);
    assert!(
        page.get("loadd_remote_write_samples_failed_total") > 0.0,
        "each loss is counted"
    );
    assert_eq!(code, 121, "a sample of the run was refused for good");
}

/// Nobody listens for a while, then somebody does.
fn refuses_connections() {
    let lane = Lane::new();
    let before = Receiver::start([], Reply::status(204));
    let (address, url) = (before.address(), before.write_url());
    drop(before);
    let mut loadd = lane.start(&lane.config(&plan(&url, DISK)));
    wait_for("load without a receiver", Duration::from_secs(30), || {
        (lane.target.stats().served > 120).then_some(())
    });
    let receiver = Receiver::start_at(address, [], Reply::status(204));
    let page = lane.rest(&loadd);
    loadd.terminate();
    loadd.finish(Duration::from_secs(30)).expect(0, &[]);
    let mut story = Story::default();
    story.hear(&receiver);
    story.is_in_order(false);
    lane.nothing_is_missing(&story);
    assert!(page.get("loadd_remote_write_retries_total") > 0.0);
}

/// It goes in the middle of a run, with all of its connections, and comes back on the same port; three times.
fn is_killed_and_restarted() {
    let lane = Lane::new();
    let mut receiver = Receiver::start([], Reply::status(204));
    let (address, url) = (receiver.address(), receiver.write_url());
    let mut story = Story::default();
    let mut loadd = lane.start(&lane.config(&Plan {
        seconds: 8,
        ..plan(&url, DISK)
    }));
    for round in 1..=3 {
        let so_many = round * 90;
        wait_for("load", Duration::from_secs(30), || {
            (lane.target.stats().served > so_many).then_some(())
        });
        story.hear(&receiver);
        drop(receiver);
        thread::sleep(Duration::from_millis(700));
        receiver = Receiver::start_at(address, [], Reply::status(204));
    }
    lane.rest(&loadd);
    loadd.terminate();
    loadd.finish(Duration::from_secs(30)).expect(0, &[]);
    story.hear(&receiver);
    // A request that was taken while the receiver died has no answer, and comes again: with the same values.
    story.is_in_order(true);
    story.never_falls();
    lane.nothing_is_missing(&story);
}

/// A receiver that stays away longer than the spool can hold: the oldest records are thinned, which is counted, and the
/// totals are whole all the same. A quarter of the run's pushes fill the spool.
fn fills_the_spool() {
    let lane = Lane::new();
    let receiver = Receiver::start([], Reply::status(503));
    lane.room.write("script.js", WIDE);
    let spool = "spool = { path = \"spool\", max_bytes = \"1MiB\" }";
    let mut loadd = lane.start(&lane.config(&Plan {
        seconds: 24,
        ..plan(&receiver.write_url(), spool)
    }));
    wait_for("a full spool", Duration::from_secs(40), || {
        let page = Page::read(&loadd.get("/metrics").text());
        let dropped = page.get("loadd_remote_write_samples_dropped_total");
        assert!(
            page.get("loadd_spool_bytes") <= page.get("loadd_spool_limit_bytes"),
            "the spool keeps its bound"
        );
        (dropped > 0.0).then_some(())
    });
    receiver.then(Reply::status(204));
    let page = lane.rest(&loadd);
    loadd.terminate();
    let finished = loadd.finish(Duration::from_secs(30));
    finished.expect(121, &["spool"]);
    let mut story = Story::default();
    story.hear(&receiver);
    story.is_in_order(false);
    story.never_falls();
    lane.nothing_is_missing(&story);
    assert!(page.get("loadd_spool_records_thinned_total") > 0.0);
}

#[test]
fn a_receiver_that_stalls_refuses_or_goes_away_loses_what_is_counted_and_nothing_else() {
    let rows: Vec<(&str, Work)> = vec![
        ("stalls", Box::new(stalls)),
        ("refuses for good", Box::new(refuses_for_good)),
        ("refuses connections", Box::new(refuses_connections)),
        ("is killed and restarted", Box::new(is_killed_and_restarted)),
        ("fills the spool", Box::new(fills_the_spool)),
    ];
    side_by_side(
        rows.into_iter()
            .map(|(name, work)| (name.to_owned(), work))
            .collect(),
    );
}
