//! Serves the live page on made-up numbers at the address given, to look at it while it is being worked on.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use loadd_admin::{Admin, AdminSettings, Delivery, Run, Sources, Steering};
use loadd_engine::{Command, Phase, ScenarioPhase, ScenarioStatus, Status};
use loadd_metrics::{
    MetricsSettings, Recorder, Registry, Shelf, TagSetId, ThresholdSet, Totals, metric,
};
use tokio::sync::{mpsc, watch};

type Fault = Box<dyn std::error::Error>;

fn main() -> Result<(), Fault> {
    let listen = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let admin = Admin::bind(AdminSettings {
        listen,
        ..AdminSettings::default()
    })?;
    let text = format!("http://{}/\n", admin.local_addr());
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;

    let settings = MetricsSettings {
        series_per_metric: 1000,
        histogram_schema: 7,
        histogram_max_buckets: 1000,
        ..MetricsSettings::default()
    };
    let registry = Registry::new(settings);
    let (mut recorder, mut totals) = (Recorder::new(&registry), Totals::new(&registry));
    let thresholds = BTreeMap::from([
        (
            "http_req_duration".to_owned(),
            vec!["p(95)<500".into(), "p(99)<200".into()],
        ),
        ("http_req_failed".to_owned(), vec!["rate<0.05".into()]),
    ]);
    let thresholds = ThresholdSet::parse(&thresholds).map_err(|errors| format!("{errors:?}"))?;
    let (statuses, status) = watch::channel(Arc::new(made_up(0, false)));
    let (snapshots, snapshot) = watch::channel(totals.snapshot(now_ms(), Duration::ZERO, false));
    let (steering, mut commands) = mpsc::unbounded_channel();
    let run = Run {
        statuses: status,
        snapshots: snapshot,
        thresholds: Arc::new(thresholds),
        steering: Steering::Channel(steering),
    };
    let (_run, run) = watch::channel(Some(run));
    let delivery: Arc<dyn Fn() -> Delivery + Send + Sync> = Arc::new(|| Delivery {
        pending: 1240,
        failed: 0,
        dropped: 0,
    });
    let _admin = admin.serve(Sources {
        test_id: "checkout-staging".to_owned(),
        instance: "worker-0".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        run,
        registries: Vec::new(),
        test_metrics: true,
        delivery: Some(delivery),
    })?;

    let (requests, mut paused) = (recorder.request_series(TagSetId::EMPTY), false);
    let others = [
        metric::ITERATIONS,
        metric::CHECKS,
        metric::START_DELAY,
        metric::CPU_SECONDS,
        metric::CPU_CORES,
        metric::RESIDENT_MEMORY_BYTES,
        metric::DATA_RECEIVED,
    ]
    .map(|id| recorder.series(id, TagSetId::EMPTY));
    for second in 0_u64.. {
        while let Ok((command, reply)) = commands.try_recv() {
            match command {
                Command::Pause => paused = true,
                Command::Resume => paused = false,
                Command::Stop(_) => return Ok(()),
                // There is no script to call.
                Command::SetSetupData(_) | Command::CallHook(_) => {}
            }
            // Whoever asked may have gone.
            let _asker_gone = reply.send(()).is_err();
        }
        let wave = (second as f64 / 9.0).sin();
        let rate = if paused {
            0
        } else {
            400 + (120.0 * wave) as u64
        };
        for n in 0..rate {
            recorder.count(requests.reqs);
            recorder.observe(
                requests.duration,
                (20 + n % 97 + (n % 50 / 49) * 180 + second % 7 * 3) * 1_000_000,
            );
            recorder.add(requests.failed, f64::from(u8::from(n % 61 == 0)));
            recorder.add(others[1], f64::from(u8::from(n % 90 != 0)));
        }
        for (series, value) in others.iter().zip([
            rate as f64 / 2.0,
            1.0,
            0.8,
            0.6 + wave / 5.0,
            2.0,
            84e6 + wave * 3e6,
            rate as f64 * 3e3,
        ]) {
            recorder.add(*series, value);
        }
        totals.absorb(recorder.swap(Shelf::default()));
        snapshots.send_replace(totals.snapshot(now_ms(), Duration::from_secs(second + 1), false));
        statuses.send_replace(Arc::new(made_up(second + 1, paused)));
        std::thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_millis() as i64)
}

fn made_up(second: u64, paused: bool) -> Status {
    let scenario = |name: &str, executor, duration: Option<u64>, rate| ScenarioStatus {
        name: name.to_owned(),
        executor,
        phase: ScenarioPhase::Running,
        elapsed: Duration::from_secs(second),
        duration: duration.map(Duration::from_secs),
        starts_in: Duration::ZERO,
        vus: 18 + second % 5,
        vus_max: 40,
        vus_planned: 40,
        rate,
        started: second * 200,
        dropped: if duration.is_some() { 3 } else { 0 },
        iterations: None,
        progress: duration.map_or(0.0, |duration| (second as f64 / duration as f64).min(1.0)),
    };
    Status {
        phase: Phase::Running,
        paused,
        stop: None,
        tainted: true,
        elapsed: Duration::from_secs(second),
        total: Some(Duration::from_secs(600)),
        line_start_unix_nanos: None,
        vus: 36 + second % 9,
        vus_max: 80,
        vus_planned: 80,
        setup_data: None,
        iterations_completed: second * 200,
        iterations_interrupted: 0,
        scenarios: vec![
            scenario("browse", "ramping-arrival-rate", Some(600), Some(212.5)),
            scenario("soak", "constant-vus", None, None),
        ],
    }
}
