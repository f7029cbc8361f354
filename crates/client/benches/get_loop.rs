//! CPU per GET of 50 sessions on one thread against the server in `LOADD_BENCH_URL` (for instance nginx on this machine).
//!
//! `LOADD_BENCH_URL=http://127.0.0.1:8080/ cargo bench -p loadd-client --bench get_loop`; `LOADD_BENCH_SECONDS` (3) and
//! `LOADD_BENCH_SESSIONS` (50) may be set. Without a URL it does nothing.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use loadd_client::{
    Auth, ClientContext, ClientSettings, CookieJar, HttpRequest, RequestUrl, ResponseType, Session,
};

fn main() {
    let Ok(url) = std::env::var("LOADD_BENCH_URL") else {
        println!("LOADD_BENCH_URL is not set: nothing to measure");
        return;
    };
    let seconds = number("LOADD_BENCH_SECONDS", 3);
    let sessions = number("LOADD_BENCH_SESSIONS", 50);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime can be made");
    let context = ClientContext::new(ClientSettings {
        insecure_skip_tls_verify: true,
        ..ClientSettings::default()
    });
    let done = Rc::new(Cell::new(0u64));
    let failed = Rc::new(Cell::new(0u64));
    let cpu = cpu_time();
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let mut tasks = Vec::new();
        for _ in 0..sessions {
            let session = Session::new(&context, 1);
            let url = Rc::new(RequestUrl::parse(&url).expect("LOADD_BENCH_URL is a URL"));
            let (done, failed) = (Rc::clone(&done), Rc::clone(&failed));
            tasks.push(tokio::task::spawn_local(async move {
                let jar = Rc::new(CookieJar::new());
                while Instant::now() < end {
                    let outcome = session.send(request(&url, &jar)).await;
                    done.set(done.get() + 1);
                    failed.set(failed.get() + u64::from(outcome.last.status != 200));
                }
            }));
        }
        for task in tasks {
            task.await.expect("a session does not panic");
        }
    });
    let cpu = (cpu_time().0 - cpu.0, cpu_time().1 - cpu.1);
    let requests = done.get() as f64;
    let each = |time: f64| time * 1e6 / requests;
    println!(
        "{requests} requests, {} failed, {:.0}/s, CPU {:.2} us each (user {:.2}, system {:.2})",
        failed.get(),
        requests / began.elapsed().as_secs_f64(),
        each(cpu.0 + cpu.1),
        each(cpu.0),
        each(cpu.1)
    );
}

fn request(url: &Rc<RequestUrl>, jar: &Rc<CookieJar>) -> HttpRequest {
    HttpRequest {
        method: Method::GET,
        url: Rc::clone(url),
        headers: HeaderMap::new(),
        user_agent: Some(HeaderValue::from_static("loadd/0.1")),
        body: Bytes::new(),
        timeout: Duration::from_secs(60),
        max_redirects: 10,
        response_type: ResponseType::Text,
        cookies: Vec::new(),
        jar: Some(Rc::clone(jar)),
        compression: Vec::new(),
        auth: Auth::Basic,
        next_hop: None,
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// User and system seconds of this process so far, in ticks of 10 ms.
fn cpu_time() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) / 100.0, ticks(12) / 100.0)
}
