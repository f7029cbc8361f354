//! Where programs and files are found, and which ports are free.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
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

/// A port that nobody listens on, from the system. For programs that cannot tell which port they were given; the system
/// gives listeners and outgoing connections ports from different halves, so it is not taken in between by the load.
///
/// # Panics
/// When the system has none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("the loopback has a free port")
        .port()
}
