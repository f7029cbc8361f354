//! An admin server over made-up statuses and snapshots.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use loadd_admin::{Admin, AdminHandle, AdminSettings, Delivery, Run, Sources, Steering};
use loadd_engine::{Command, Phase, ScenarioPhase, ScenarioStatus, Status};
use loadd_metrics::{
    Contains, Kind, MetricsSettings, Recorder, Registry, Shelf, Snapshot, TagSetId, ThresholdSet,
    Totals, metric,
};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

pub(crate) fn status(phase: Phase) -> Status {
    Status {
        phase,
        paused: false,
        stop: None,
        tainted: false,
        elapsed: Duration::from_secs(10),
        total: None,
        line_start_unix_nanos: None,
        vus: 3,
        vus_max: 5,
        vus_planned: 8,
        setup_data: None,
        iterations_completed: 40,
        iterations_interrupted: 0,
        scenarios: vec![ScenarioStatus {
            name: "browse <b>".to_owned(),
            executor: "constant-arrival-rate",
            phase: ScenarioPhase::Running,
            elapsed: Duration::from_secs(10),
            duration: None,
            starts_in: Duration::ZERO,
            vus: 3,
            vus_max: 5,
            vus_planned: 5,
            rate: Some(4.0),
            started: 43,
            dropped: 1,
            iterations: None,
            progress: 0.0,
        }],
    }
}

/// 40 requests of 100 to 139 ms, 4 of them failed; 20 checks in two groups, 5 failed; a custom counter.
pub(crate) struct Numbers {
    pub(crate) recorder: Recorder,
    pub(crate) totals: Totals,
    pub(crate) time_ms: i64,
}

impl Numbers {
    pub(crate) fn new() -> Numbers {
        let settings = MetricsSettings {
            series_per_metric: 100,
            histogram_schema: 7,
            histogram_max_buckets: 1000,
            ..MetricsSettings::default()
        };
        let registry = Registry::new(settings);
        Numbers {
            recorder: Recorder::new(&registry),
            totals: Totals::new(&registry),
            time_ms: 1_700_000_000_000,
        }
    }

    pub(crate) fn record(&mut self) {
        let registry = Arc::clone(self.recorder.registry());
        let mine = registry
            .declare("basket_size", Kind::Counter, Contains::Default)
            .expect("a good name");
        let tags = self.recorder.extend(
            TagSetId::EMPTY,
            &[("scenario", "browse"), ("odd-name", "x\"y")],
        );
        let requests = self.recorder.request_series(tags);
        for n in 0..40_u64 {
            self.recorder.count(requests.reqs);
            self.recorder
                .observe(requests.duration, (100 + n) * 1_000_000);
            self.recorder
                .add(requests.failed, f64::from(u8::from(n % 10 == 0)));
        }
        for (group, check, passed) in [("::shop", "fast", 1.0), ("::shop::pay", "paid", 0.0)] {
            let tags = self
                .recorder
                .extend(tags, &[("group", group), ("check", check)]);
            let checks = self.recorder.series(metric::CHECKS, tags);
            for n in 0..10 {
                self.recorder.add(checks, if n < 5 { 1.0 } else { passed });
            }
        }
        let baskets = self.recorder.series(mine, TagSetId::EMPTY);
        self.recorder.add(baskets, 7.0);
        let cores = self.recorder.series(metric::CPU_CORES, TagSetId::EMPTY);
        self.recorder.add(cores, 2.0);
    }

    pub(crate) fn snapshot(&mut self) -> Arc<Snapshot> {
        let full = self.recorder.swap(Shelf::default());
        self.totals.absorb(full);
        self.time_ms += 1000;
        self.totals
            .snapshot(self.time_ms, Duration::from_secs(10), false)
    }
}

pub(crate) struct Served {
    pub(crate) at: SocketAddr,
    pub(crate) admin: AdminHandle,
    pub(crate) run: watch::Sender<Option<Run>>,
    pub(crate) statuses: watch::Sender<Arc<Status>>,
    pub(crate) snapshots: watch::Sender<Arc<Snapshot>>,
    commands: mpsc::UnboundedReceiver<(Command, oneshot::Sender<()>)>,
    pub(crate) numbers: Numbers,
    pub(crate) thresholds: Arc<ThresholdSet>,
    steering: mpsc::UnboundedSender<(Command, oneshot::Sender<()>)>,
}

pub(crate) fn serve(admin: Admin) -> Served {
    let mut numbers = Numbers::new();
    let (statuses, _) = watch::channel(Arc::new(status(Phase::Created)));
    let (snapshots, _) = watch::channel(numbers.snapshot());
    let (steering, commands) = mpsc::unbounded_channel();
    let settings = BTreeMap::from([
        (
            "http_req_duration".to_owned(),
            vec!["p(95)<500".into(), "p(95)<10".into()],
        ),
        (
            "http_reqs{scenario:browse}".to_owned(),
            vec!["count>1".into()],
        ),
    ]);
    let thresholds = Arc::new(ThresholdSet::parse(&settings).expect("good thresholds"));
    let (run, receiver) = watch::channel(None);
    let sources = Sources {
        test_id: "check<out>".to_owned(),
        instance: "worker-0".to_owned(),
        version: "0.0".to_owned(),
        run: receiver,
        registries: Vec::new(),
        test_metrics: false,
        delivery: Some(Arc::new(|| Delivery {
            pending: 12,
            failed: 0,
            dropped: 0,
        })),
    };
    let at = admin.local_addr();
    let admin = admin.serve(sources).expect("a thread");
    Served {
        at,
        admin,
        run,
        statuses,
        snapshots,
        commands,
        numbers,
        thresholds,
        steering,
    }
}

pub(crate) fn start() -> Served {
    serve(
        Admin::bind(AdminSettings {
            listen: "127.0.0.1:0".to_owned(),
            ..AdminSettings::default()
        })
        .expect("a free port"),
    )
}

impl Served {
    pub(crate) fn begin(&mut self, phase: Phase) {
        self.statuses.send_replace(Arc::new(status(phase)));
        self.numbers.record();
        self.snapshots.send_replace(self.numbers.snapshot());
        self.run.send_replace(Some(Run {
            statuses: self.statuses.subscribe(),
            snapshots: self.snapshots.subscribe(),
            thresholds: Arc::clone(&self.thresholds),
            steering: Steering::Channel(self.steering.clone()),
        }));
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String, String) {
        send(self.at, "GET", path, "", "")
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let (status, _, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect(path)
    }

    /// Takes the next command up, as the engine does, while a request waits for it.
    pub(crate) fn asked(
        &mut self,
        method: &'static str,
        path: &'static str,
        body: &'static str,
    ) -> (Command, u16, String) {
        let at = self.at;
        let client = std::thread::spawn(move || send(at, method, path, "", body));
        let (command, reply) = self.commands.blocking_recv().expect("a command");
        reply.send(()).expect("it waits");
        let (status, _, body) = client.join().expect("no panic");
        (command, status, body)
    }
}

pub(crate) fn send(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> (u16, String, String) {
    let mut stream = TcpStream::connect(at).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status");
    (status, head.to_ascii_lowercase(), body.to_owned())
}
