//! What a run could not deliver: it ends with 121 and says how much waits, the spool keeps it, and `loadd flush` sends it
//! later, with the totals that the target counted. Other instances' spools too, except those that somebody holds.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use loadd_tests::{
    Finished, Loadd, Prometheus, Receiver, Reply, Room, Target, messages::STALE, paths, wait_for,
};

const SCRIPT: &str = "import http from 'k6/http';\nexport default function () { http.get(`${__ENV.TARGET}/plain`); }\n";

/// A folder whose spool several instances share, and where their samples go.
struct Field {
    target: Target,
    room: Room,
    outputs: String,
}

impl Field {
    /// With these tables of outputs.
    fn new(outputs: &str) -> Field {
        let room = Room::new();
        room.write("script.js", SCRIPT);
        Field {
            target: Target::start(),
            room,
            outputs: outputs.to_owned(),
        }
    }

    /// The file of an instance; the address of its admin server.
    fn config(&self, instance: &str, more: &str) -> (PathBuf, String) {
        let admin = format!("127.0.0.1:{}", paths::free_port());
        let text = format!(
            r#"
test_id = "left"
instance = "{instance}"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[scenarios.steady]
executor = "constant-arrival-rate"
rate = 40
duration = "2s"
pre_allocated_vus = 5
{outputs}
[admin]
listen = "{admin}"
{more}
"#,
            target = self.target.address(),
            outputs = self.outputs,
        );
        (self.room.write(&format!("{instance}.toml"), &text), admin)
    }

    /// A run of this instance to its end, which nobody hears.
    fn unheard(&self, instance: &str) -> Finished {
        let (config, _) = self.config(instance, "");
        let finished = Loadd::daemon(&config).finish(Duration::from_secs(30));
        finished.expect(121, &["not all samples were delivered", "spool"]);
        assert!(
            pending(&finished) > 0,
            "it says how many wait:\n{}",
            finished.output()
        );
        finished
    }

    fn flush(&self, instance: &str) -> Finished {
        Loadd::output(
            self.room.path(),
            &["flush", "--config", &format!("{instance}.toml")],
        )
    }

    /// What the target served, once nothing is under way.
    fn served(&self) -> f64 {
        let stats = self.target.stats();
        assert_eq!(stats.begun, stats.served);
        stats.served as f64
    }
}

fn remote_write(url: &str) -> String {
    format!(
        "[remote_write]\nurl = \"{url}\"\ninterval = \"500ms\"\nflush_timeout = \"1s\"\nspool = {{ path = \"spool\", max_bytes = \"16MiB\" }}\n"
    )
}

/// An address at which nobody listens.
fn nobody() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], paths::free_port()))
}

/// `pending=` of the run's last words.
fn pending(finished: &Finished) -> u64 {
    let output = finished.output();
    let (_, after) = output.rsplit_once("pending=").unwrap_or_default();
    let digits = after.split(|next: char| !next.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The sum over a metric's series of the newest counts that this receiver accepted, and whether every series has ended.
fn newest(receiver: &Receiver, instance: &str) -> (f64, f64, bool) {
    let (mut requests, mut latencies, mut ended) = (0.0, 0.0, 0);
    let mut names = std::collections::BTreeSet::new();
    for series in receiver.accepted() {
        if series.label("instance") != instance {
            continue;
        }
        names.insert(format!("{:?}", series.labels));
        for sample in &series.samples {
            ended += usize::from(sample.value.to_bits() == STALE);
            if series.name() == "k6_http_reqs_total" && sample.value.to_bits() != STALE {
                requests = sample.value;
            }
        }
        for histogram in &series.histograms {
            ended += usize::from(histogram.sum.to_bits() == STALE);
            if series.name() == "k6_http_req_duration_seconds" && histogram.sum.to_bits() != STALE {
                latencies = histogram.count as f64;
            }
        }
    }
    (
        requests,
        latencies,
        ended == names.len() && !names.is_empty(),
    )
}

#[test]
fn what_nobody_took_ends_with_121_and_flush_sends_it_to_the_last_count() {
    let mut prometheus = Prometheus::start();
    let field = Field::new(&remote_write(&prometheus.write_url()));
    prometheus.kill();
    let waits = pending(&field.unheard("w"));
    // Nobody is there yet: nothing is lost by asking.
    let still = format!("0 sent, 0 refused, 0 dropped, {waits} still waiting");
    field.flush("w").expect(121, &[&still]);

    prometheus.restart();
    let all = format!("{waits} sent, 0 refused, 0 dropped, 0 still waiting");
    field.flush("w").expect(0, &[&all]);
    let served = field.served();
    let of = |metric: &str| format!("sum(last_over_time({metric}{{testid=\"left\"}}[10m]))");
    assert_eq!(prometheus.must(&of("k6_http_reqs_total")), served);
    let native = of("k6_http_req_duration_seconds");
    assert_eq!(
        prometheus.must(&format!("histogram_count({native})")),
        served
    );
    assert!(
        prometheus
            .query("{testid=\"left\"}")
            .expect("a valid query")
            .is_empty(),
        "all series have ended"
    );
    field.flush("w").expect(0, &["0 sent", "0 still waiting"]);
}

#[test]
fn flush_sends_what_other_instances_left_and_leaves_alone_what_a_living_one_holds() {
    let address = nobody();
    let field = Field::new(&remote_write(&format!("http://{address}/api/v1/write")));
    for instance in ["first", "second"] {
        field.unheard(instance);
    }
    assert_eq!(field.served(), 160.0);
    let (config, admin) = field.config("living", "[daemon]\nlinger = true\n");
    // It goes on trying for as long as the others are flushed, however slow the machine.
    let text = fs::read_to_string(&config).expect("the file just written");
    let patient = text.replace("flush_timeout = \"1s\"", "flush_timeout = \"60s\"");
    field.room.write("living.toml", &patient);
    let mut living = Loadd::daemon(&config).ready(&admin);
    wait_for("its load", Duration::from_secs(30), || {
        (field.target.stats().served >= 240).then_some(())
    });
    // The living one has nobody to send to as long as the others are flushed, since only they know the way there.
    let elsewhere = Receiver::start([], Reply::status(204));
    let moved = text
        .replace(&format!("{address}"), &format!("{}", elsewhere.address()))
        .replace("\"living\"", "\"other\"");
    field.room.write("other.toml", &moved);
    let holder = format!("{}", living.process.id());
    let flushed = field.flush("other");
    flushed.expect(0, &["left alone", &holder, "0 still waiting"]);
    assert_eq!(flushed.output().matches("still waiting").count(), 2);
    for instance in ["first", "second"] {
        assert_eq!(newest(&elsewhere, instance), (80.0, 80.0, true));
    }
    assert_eq!(newest(&elsewhere, "living"), (0.0, 0.0, false));

    // What was left alone is whole.
    let receiver = Receiver::start_at(address, [], Reply::status(204));
    living.terminate();
    living.finish(Duration::from_secs(30)).expect(0, &[]);
    assert_eq!(newest(&receiver, "living"), (80.0, 80.0, true));
}

#[test]
fn flush_sends_what_waits_for_otlp_too() {
    let address = nobody();
    let field = Field::new(&format!(
        "{}[otlp]\nendpoint = \"http://{address}\"\ninterval = \"500ms\"\nflush_timeout = \"1s\"\n",
        remote_write(&format!("http://{address}/api/v1/write"))
    ));
    field.unheard("w");
    let receiver = Receiver::start_at(address, [], Reply::status(200));
    let flushed = field.flush("w");
    flushed.expect(0, &["(remote write)", "(otlp)", "0 still waiting"]);
    assert_eq!(newest(&receiver, "w"), (80.0, 80.0, true));
    let lines = receiver.received();
    assert!(
        lines
            .iter()
            .any(|request| request.line == "POST /v1/metrics"),
        "metrics came by OTLP"
    );
}

#[test]
fn flush_without_a_spool_says_that_nothing_is_kept() {
    let field = Field::new("[remote_write]\nurl = \"http://127.0.0.1:9/api/v1/write\"\n");
    field.config("w", "");
    field.flush("w").expect(104, &["remote_write.spool"]);
}
