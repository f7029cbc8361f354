//! One lane of the suite: a target, a folder and a daemon that lingers after its run, so that its page can be read when
//! everything has come to rest.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use loadd_tests::{Loadd, Room, Target, paths};

use crate::judge::{Page, Story};

const SCRIPT: &str = "import http from 'k6/http';\nexport default function () { http.get(`${__ENV.TARGET}/plain`); }\n";
/// The same with series enough that a push is long.
pub(crate) const WIDE: &str = r"
import http from 'k6/http';
import { Trend } from 'k6/metrics';
const wide = new Trend('wide');
export default function () {
  http.get(`${__ENV.TARGET}/plain`);
  for (let n = 0; n < 60; n += 1) wide.add(n, { n: `${(__ITER % 25) * 60 + n}` });
}
";

/// Longest time until a run has come to rest.
const REST: Duration = Duration::from_secs(40);

/// A target and a folder.
pub(crate) struct Lane {
    pub(crate) target: Target,
    pub(crate) room: Room,
    pub(crate) admin: String,
}

/// What a run is told.
#[derive(Debug, Clone)]
pub(crate) struct Plan<'a> {
    pub(crate) rate: u32,
    pub(crate) seconds: u32,
    pub(crate) url: &'a str,
    /// The spool, as TOML; nothing: in memory.
    pub(crate) spool: &'a str,
    /// More lines at the top.
    pub(crate) more: &'a str,
    pub(crate) linger: bool,
}

impl Lane {
    pub(crate) fn new() -> Lane {
        let room = Room::new();
        room.write("script.js", SCRIPT);
        Lane {
            target: Target::start(),
            room,
            admin: format!("127.0.0.1:{}", paths::free_port()),
        }
    }

    /// Writes the config.
    pub(crate) fn config(&self, plan: &Plan<'_>) -> std::path::PathBuf {
        let Plan {
            rate,
            seconds,
            url,
            spool,
            more,
            linger,
        } = plan;
        let text = format!(
            r#"
test_id = "faults"
instance = "w"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
{more}
[scenarios.steady]
executor = "constant-arrival-rate"
rate = {rate}
duration = "{seconds}s"
pre_allocated_vus = 10
max_vus = 100
[remote_write]
url = "{url}"
interval = "500ms"
flush_timeout = "40s"
{spool}
[admin]
listen = "{admin}"
[daemon]
linger = {linger}
"#,
            target = self.target.address(),
            admin = self.admin,
        );
        self.room.write("faults.toml", &text)
    }

    pub(crate) fn start(&self, config: &Path) -> Loadd {
        Loadd::daemon(config).ready(&self.admin)
    }

    /// Waits until the run is over and nothing is pending, and gives the page of then, whose books must balance.
    pub(crate) fn rest(&self, loadd: &Loadd) -> Page {
        let began = Instant::now();
        loop {
            let text = loadd.get("/metrics").text();
            let page = Page::read(&text);
            if page.get("loadd_run_finished") == 1.0 && page.balance() == (0.0, 0.0) {
                assert!(page.get("loadd_remote_write_samples_recorded_total") > 0.0);
                return page;
            }
            assert!(
                began.elapsed() < REST,
                "no rest after {REST:?}; recorded - gone and pending are {:?}:\n{text}",
                page.balance()
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// What must hold where nothing was lost: the receiver's total is the target's.
    pub(crate) fn nothing_is_missing(&self, story: &Story) {
        let judged = self.target.stats();
        assert_eq!(judged.begun, judged.served, "all requests were answered");
        let total = story.total("k6_http_reqs_total");
        assert_eq!(total, judged.served as f64, "the target's own count");
    }
}

/// One piece of work of a lane.
pub(crate) type Work = Box<dyn FnOnce() + Send>;

/// Works side by side, and fails with the names of those that failed.
pub(crate) fn side_by_side(works: Vec<(String, Work)>) {
    let running: Vec<_> = works
        .into_iter()
        .map(|(name, work)| {
            let running = thread::Builder::new()
                .name(name.clone())
                .spawn(work)
                .expect("the system has a thread for a lane");
            (name, running)
        })
        .collect();
    let failed: Vec<String> = running
        .into_iter()
        .filter_map(|(name, running)| running.join().is_err().then_some(name))
        .collect();
    assert!(failed.is_empty(), "failed: {}", failed.join(", "));
}
