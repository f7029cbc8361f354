//! Processes that are killed with -9 at random instants, a hundred times with a fixed seed: in each lane a worker dies ten
//! times and is started again, before a receiver that is well or not.

use std::{thread, time::Duration};

use loadd_tests::{Loadd, Receiver, Reply, epoch, rfc3339};

use crate::{
    judge::Story,
    lane::{Lane, Plan, Work, side_by_side},
};

const LANES: u64 = 10;
const KILLS: u64 = 10;
const RATE: u32 = 30;
/// Of the plan; longer than ten lives.
const SECONDS: u32 = 40;
const SEED: u64 = 0x10ad_d009;

/// splitmix64: the instants repeat with the seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Three lanes in ten have a receiver that is well; to the others it answers as it likes.
fn receiver(lane: u64, random: &mut Random) -> Receiver {
    let script: Vec<Reply> = match lane % 10 {
        0..3 => Vec::new(),
        _ => (0..120)
            .map(|_| match random.below(8) {
                0 => Reply::status(503),
                1 => Reply::Reset,
                2 => Reply::HangUp,
                3 => Reply::Stall(Duration::from_millis(400)),
                _ => Reply::status(204),
            })
            .collect(),
    };
    Receiver::start(script, Reply::status(204))
}

fn lane(number: u64) {
    let mut random = Random(SEED + number);
    let receiver = receiver(number, &mut random);
    let lane = Lane::new();
    // With a start that is set, and with the one that the first process finds.
    let start = match number % 2 {
        0 => format!("start_at = \"{}\"", rfc3339(epoch() as u64 + 2)),
        _ => String::new(),
    };
    let config = lane.config(&Plan {
        rate: RATE,
        seconds: SECONDS,
        url: &receiver.write_url(),
        spool: "spool = { path = \"spool\", max_bytes = \"16MiB\" }",
        more: &start,
        linger: false,
    });
    for kill in 0..KILLS {
        let mut loadd = Loadd::daemon(&config);
        let before = lane.target.stats().begun;
        // Two lives in three are measured from the first request on: else a slow machine would only ever kill starts.
        if kill % 3 > 0 {
            loadd_tests::wait_for("requests", Duration::from_secs(30), || {
                (lane.target.stats().begun > before).then_some(())
            });
        }
        thread::sleep(Duration::from_millis(random.below(2_000)));
        assert!(
            loadd.process.ended().is_none(),
            "it ended before it was killed:\n{}",
            loadd.process.stderr.text()
        );
        loadd.kill();
    }
    let mut last = Loadd::daemon(&config);
    last.finish(Duration::from_secs(90)).expect(0, &[]);

    let mut story = Story::default();
    story.hear(&receiver);
    story.is_in_order(true);
    story.never_falls();
    assert!(story.has_ended());
    let begun = lane.target.stats().begun as f64;
    let missing = begun - story.total("k6_http_reqs_total");
    // Contract section 4: at most 1.1 s of counts for each kill; and what was under way.
    let allowed = KILLS as f64 * (f64::from(RATE) * 1.1 + 2.0);
    assert!(
        (0.0..=allowed).contains(&missing),
        "{missing} of {begun} requests are missing, where {allowed} may be"
    );
    eprintln!("lane {number}: {missing} of {begun} requests missing after {KILLS} kills");
    let planned = story.total("loadd_planned_iterations_total");
    let told = story.total("k6_iterations_total")
        + story.total("loadd_interrupted_iterations_total")
        + story.total("loadd_dropped_iterations_total");
    // An iteration that is under way when its process is killed was started, and has no end that could be told.
    let under_way = planned - told;
    assert!(
        (0.0..=KILLS as f64).contains(&under_way),
        "planned = started + dropped: {planned} and {told}"
    );
    let unclean = story.total("loadd_unclean_restarts_total");
    assert!(
        (1.0..=KILLS as f64).contains(&unclean),
        "{unclean} unclean restarts of {KILLS}"
    );
}

#[test]
fn a_hundred_kills_lose_what_the_contract_allows_and_nothing_else() {
    let works = (0..LANES).map(|number| {
        let work: Work = Box::new(move || lane(number));
        (format!("lane {number}"), work)
    });
    side_by_side(works.collect());
}
