//! Corrected latency, end to end: a target that stands still for one second of every five. What users would have waited is
//! known without measuring (a fifth of them come during a stall, evenly), and every model of load has to say it.

use std::time::Duration;

use loadd_tests::{Finished, Loadd, Prometheus, Room, Target, epoch, paths, rfc3339};

/// Whole periods of the stall, so that exactly a fifth of the time is one.
const SECONDS: u64 = 20;
const CORRECTED: &str = "loadd_http_req_duration_corrected_seconds";
const RAW: &str = "k6_http_req_duration_seconds";

const SCRIPT: &str = r"
import http from 'k6/http';
import { sleep } from 'k6';
const STALLS = 'stall_every=5s&stall_for=1s';
const arrivals = (vus) => ({ executor: 'constant-arrival-rate', exec: 'open', rate: 200, duration: '20s',
                         preAllocatedVUs: vus, maxVUs: vus, gracefulStop: '10s' });
const loop = (exec) => ({ executor: 'constant-vus', exec, vus: 1, duration: '20s', gracefulStop: '10s' });
export const options = {
  scenarios: {
    enough: arrivals(260),
    few: arrivals(10),
    closed: loop('closed'),
    think: loop('think'),
    steady: loop('steady'),
    overload: { executor: 'constant-arrival-rate', exec: 'slow', rate: 100, duration: '20s', preAllocatedVUs: 1,
                maxVUs: 1, gracefulStop: '10s' },
  },
};
const get = (query) => http.get(`${__ENV.TARGET}/plain?${query}`, { tags: { name: 'x' } });
export function open() { get(STALLS); }
export function closed() { get(`ms=5&${STALLS}`); }
export function think() { get(`ms=1&${STALLS}`); sleep(0.005); }
export function steady() { get('dist=lognormal&ms=20&sigma=0.3'); }
export function slow() { get('ms=20'); }
";

fn run(prometheus: &Prometheus, target: &Target) -> Finished {
    let room = Room::new();
    room.write("script.js", SCRIPT);
    // Two seconds after the beginning of a stall: a loop must have come round before one can be seen.
    let start = (epoch() as u64 + 5).next_multiple_of(5) + 2;
    let config = format!(
        r#"
test_id = "truth"
instance = "worker-0"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
start_at = "{start}"
[remote_write]
url = "{write}"
interval = "1s"
[admin]
listen = "127.0.0.1:{admin}"
"#,
        target = target.address(),
        start = rfc3339(start),
        write = prometheus.write_url(),
        admin = paths::free_port(),
    );
    Loadd::daemon(&room.write("truth.toml", &config)).finish(Duration::from_secs(SECONDS + 60))
}

#[test]
fn what_users_would_have_waited_is_told_whatever_the_model_of_the_load() {
    let (prometheus, target) = (Prometheus::start(), Target::start());
    run(&prometheus, &target).expect(0, &[]);
    let whole = |metric: &str, scenario: &str| {
        format!("sum(last_over_time({metric}{{testid=\"truth\",scenario=\"{scenario}\"}}[5m]))")
    };
    let number = |expression: String| {
        let found = prometheus.number(&expression);
        found.unwrap_or_else(|| panic!("no data: {expression}\n{}", prometheus.inventory()))
    };
    let quantile = |metric: &str, scenario: &str, q: f64| {
        number(format!(
            "histogram_quantile({q}, {})",
            whole(metric, scenario)
        ))
    };

    // What a request takes beside the stall: its own delay and the way there and back.
    for (scenario, serves) in [
        ("enough", 0.001),
        ("few", 0.001),
        ("closed", 0.006),
        ("think", 0.002),
    ] {
        for (q, stalled) in [(0.95, 0.75), (0.99, 0.95)] {
            let (truth, found) = (stalled + serves, quantile(CORRECTED, scenario, q));
            let error = found / truth - 1.0;
            assert!(
                error.abs() <= 0.03,
                "{scenario}: {q} is {found} s instead of {truth} s ({:+.1} %)",
                error * 100.0
            );
        }
    }
    // What hides it: no VU free, or a loop that waits.
    for scenario in ["few", "closed", "think"] {
        let raw = quantile(RAW, scenario, 0.95);
        assert!(raw < 0.5, "{scenario}: {raw} s without correction");
    }
    let dropped = number(whole("loadd_dropped_iterations_total", "few"));
    let planned = number(whole("loadd_planned_iterations_total", "few"));
    let share = dropped / planned;
    assert!(
        (0.15..=0.22).contains(&share),
        "{dropped} of {planned} dropped"
    );
    // Every start that was asked for counts once, dropped or not.
    let counted = number(format!("histogram_count({})", whole(CORRECTED, "few")));
    assert!(
        (counted / planned - 1.0).abs() < 0.01,
        "{counted} of {planned}"
    );

    // Where nothing stalls there is nothing to correct.
    for q in [0.5, 0.95] {
        let (raw, corrected) = (quantile(RAW, "steady", q), quantile(CORRECTED, "steady", q));
        assert!(
            (corrected / raw - 1.0).abs() < 0.02,
            "{q}: {raw} s, corrected {corrected} s"
        );
    }

    // Twice what one VU can do: who came last but few would wait for half the test, were it to go on.
    let waits = quantile(CORRECTED, "overload", 0.99);
    assert!(waits > SECONDS as f64 / 4.0, "{waits} s");
    let censored = number("sum(last_over_time(loadd_corrected_censored_total[5m]))".to_owned());
    assert!(censored > 0.0);
}
