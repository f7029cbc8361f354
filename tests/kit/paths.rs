//! Where programs and files are found, and which ports are free.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// The project's root.
///
/// # Panics
/// Never: this package lies one folder below it.
#[must_use]
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests package lies in the project's folder")
        .to_owned()
}

/// The binary under test: `LOADD_BIN`, or what cargo has built beside this test.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn loadd_bin() -> PathBuf {
    if let Some(path) = env::var_os("LOADD_BIN") {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "LOADD_BIN={} is no file", path.display());
        return path;
    }
    // target/debug/deps/spine-0123 -> target/debug/loadd
    let here = env::current_exe().expect("a running test knows its own path");
    let found = here
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("loadd"))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "no loadd beside {}: run `cargo build -p loadd` first (./test does), or set LOADD_BIN",
            here.display()
        )
    })
}

/// Prometheus 3.5: `LOADD_TEST_PROMETHEUS`, or what `./test` has fetched.
#[must_use]
pub fn prometheus_bin() -> PathBuf {
    fetched("LOADD_TEST_PROMETHEUS", "prometheus", "prometheus")
}

/// promtool of the same version: `LOADD_TEST_PROMTOOL`, or what `./test` has fetched.
#[must_use]
pub fn promtool_bin() -> PathBuf {
    fetched("LOADD_TEST_PROMTOOL", "prometheus", "promtool")
}

/// Prometheus 2.53: `LOADD_TEST_PROMETHEUS_2_53`, or what `./test` has fetched.
#[must_use]
pub fn prometheus_2_53_bin() -> PathBuf {
    fetched(
        "LOADD_TEST_PROMETHEUS_2_53",
        "prometheus-2.53",
        "prometheus",
    )
}

/// VictoriaMetrics: `LOADD_TEST_VICTORIA_METRICS`, or what `./test` has fetched.
#[must_use]
pub fn victoria_metrics_bin() -> PathBuf {
    fetched(
        "LOADD_TEST_VICTORIA_METRICS",
        "victoria-metrics",
        "victoria-metrics",
    )
}

/// The server of httpbin: `LOADD_TEST_HTTPBIN` (a `waitress-serve` that can import it), or what `./test` has installed.
#[must_use]
pub fn httpbin_server() -> PathBuf {
    let installed = fetched_at("LOADD_TEST_HTTPBIN", "httpbin/bin/waitress-serve");
    assert!(
        installed.is_file(),
        "no httpbin at {}: run ./test, which installs it, or set LOADD_TEST_HTTPBIN",
        installed.display()
    );
    installed
}

fn fetched_at(variable: &str, place: &str) -> PathBuf {
    let installed = || project().join("tests/.cache").join(place);
    env::var_os(variable).map_or_else(installed, PathBuf::from)
}

fn fetched(variable: &str, folder: &str, name: &str) -> PathBuf {
    let path = fetched_at(variable, &format!("{folder}/usr/bin/{name}"));
    assert!(
        path.is_file(),
        "no {name} at {}: run ./test, which fetches it, or set {variable}",
        path.display()
    );
    path
}

/// nginx, where Debian puts it, or `LOADD_TEST_NGINX`.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn nginx_bin() -> PathBuf {
    if let Some(path) = env::var_os("LOADD_TEST_NGINX") {
        return path.into();
    }
    ["/usr/sbin/nginx", "/usr/bin/nginx"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.is_file())
        .expect(
            "nginx is missing: run ./test as root, or install nginx-light, or set LOADD_TEST_NGINX",
        )
}

/// A port that nobody listens on, for programs that cannot tell which port they were given, or that come back to it after
/// a kill. It lies below those that the system gives to whoever asks for any port, so that nobody takes it in between.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = u32::from(first_of_the_system().saturating_sub(FIRST));
    assert!(
        count > 0,
        "net.ipv4.ip_local_port_range leaves no ports from {FIRST} on to the tests"
    );
    // Processes that test side by side begin at different places.
    let place = std::process::id().wrapping_mul(97);
    (0..count)
        .map(|_| place.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % count)
        .filter_map(|offset| u16::try_from(offset).ok())
        .map(|offset| FIRST + offset)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("the loopback has a free port")
}

/// The lowest port that the system gives to whoever asks for any.
fn first_of_the_system() -> u16 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let lowest = range.split_whitespace().next();
    lowest.and_then(|port| port.parse().ok()).unwrap_or(32_768)
}
