//! The one table of all k6 and loadd metrics: name, kind, unit, help.

use std::sync::Arc;

use crate::{Contains, Kind};

/// Names a metric in a [`crate::Registry`]. The built-in ones have fixed numbers, so that the hot path needs no look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricId(pub(crate) u32);

/// Who a metric belongs to; decides its name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// k6's built-in ones and the script's own: `k6_` + name + unit.
    K6,
    /// loadd's own: the name as it stands, with `_seconds` for times and `_total` for counters.
    Own,
}

/// A metric of a registry, built in or declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricInfo {
    /// Number.
    pub id: MetricId,
    /// k6's name, the script's, or loadd's own without its unit and `_total`.
    pub name: Arc<str>,
    /// Kind.
    pub kind: Kind,
    /// Contents.
    pub contains: Contains,
    /// k6 or own.
    pub family: Family,
    /// Help text, one sentence without a full stop; empty for the script's own.
    pub help: Arc<str>,
}

/// A built-in metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Name: k6's (`http_reqs`) or loadd's own without its unit and `_total` (`loadd_iteration_start_delay`).
    pub name: &'static str,
    /// Kind.
    pub kind: Kind,
    /// Contents.
    pub contains: Contains,
    /// k6 or own.
    pub family: Family,
    /// Help text, one sentence without a full stop.
    pub help: &'static str,
}

macro_rules! builtins {
    ($($id:ident = $index:literal, $name:literal, $kind:ident, $contains:ident, $family:ident, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $id: MetricId = MetricId($index);
        )*
        /// All built-in metrics, in the order of their ids.
        pub const BUILTINS: &[Builtin] = &[
            $(Builtin { name: $name, kind: Kind::$kind, contains: Contains::$contains, family: Family::$family, help: $help },)*
        ];
    };
}

builtins! {
    HTTP_REQS = 0, "http_reqs", Counter, Default, K6, "HTTP requests that were answered or failed";
    HTTP_REQ_FAILED = 1, "http_req_failed", Rate, Default, K6, "HTTP requests whose status was not expected";
    HTTP_REQ_DURATION = 2, "http_req_duration", Trend, Time, K6, "Sending, waiting and receiving of an HTTP request";
    HTTP_REQ_BLOCKED = 3, "http_req_blocked", Trend, Time, K6, "From asking for a connection to having one";
    HTTP_REQ_CONNECTING = 4, "http_req_connecting", Trend, Time, K6, "TCP connect of a new connection";
    HTTP_REQ_TLS_HANDSHAKING = 5, "http_req_tls_handshaking", Trend, Time, K6, "TLS handshake of a new connection";
    HTTP_REQ_SENDING = 6, "http_req_sending", Trend, Time, K6, "Connection ready to request written";
    HTTP_REQ_WAITING = 7, "http_req_waiting", Trend, Time, K6, "Request written to first byte of the response";
    HTTP_REQ_RECEIVING = 8, "http_req_receiving", Trend, Time, K6, "First byte to the whole response read";
    DATA_SENT = 9, "data_sent", Counter, Data, K6, "Bytes sent at the TCP level";
    DATA_RECEIVED = 10, "data_received", Counter, Data, K6, "Bytes received at the TCP level";
    ITERATIONS = 11, "iterations", Counter, Default, K6, "Iterations that ran to their end";
    ITERATION_DURATION = 12, "iteration_duration", Trend, Time, K6, "Length of an iteration";
    DROPPED_ITERATIONS = 13, "dropped_iterations", Counter, Default, K6, "Iterations that were due and could not be started";
    VUS = 14, "vus", Gauge, Default, K6, "VUs at work";
    VUS_MAX = 15, "vus_max", Gauge, Default, K6, "VUs initialised";
    CHECKS = 16, "checks", Rate, Default, K6, "Checks that passed";
    GROUP_DURATION = 17, "group_duration", Trend, Time, K6, "Length of a group";
    START_DELAY = 18, "loadd_iteration_start_delay", Trend, Time, Own, "Actual minus intended start of an iteration";
    OWN_DROPPED_ITERATIONS = 19, "loadd_dropped_iterations", Counter, Default, Own, "Dropped iterations by reason";
    INTERRUPTED_ITERATIONS = 20, "loadd_interrupted_iterations", Counter, Default, Own, "Iterations cut off before their end";
    PLANNED_ITERATIONS = 21, "loadd_planned_iterations", Counter, Default, Own, "Iterations that the plan asked of this worker so far";
    HTTP_REQS_INTERRUPTED = 22, "loadd_http_reqs_interrupted", Counter, Default, Own, "HTTP requests cut off by the end of the test";
    HTTP_RETRIES = 23, "loadd_http_retries", Counter, Default, Own, "HTTP requests sent again on a new connection";
    EVENT_LOOP_LAG = 24, "loadd_event_loop_lag", Trend, Time, Own, "How late the event loops' timers fire";
    CPU_SECONDS = 25, "loadd_process_cpu_seconds", Counter, Default, Own, "User and system time of the process in seconds";
    CPU_CORES = 26, "loadd_cpu_cores", Gauge, Default, Own, "Cores that the process may use";
    RESIDENT_MEMORY_BYTES = 27, "loadd_process_resident_memory_bytes", Gauge, Default, Own, "Resident memory of the process";
    OPEN_FDS = 28, "loadd_process_open_fds", Gauge, Default, Own, "Open file descriptors";
    MAX_FDS = 29, "loadd_process_max_fds", Gauge, Default, Own, "Limit of open file descriptors";
    VU_MEMORY_BYTES = 30, "loadd_vu_memory_bytes", Gauge, Default, Own, "Heaps of all script engines";
    SHARE = 31, "loadd_share", Gauge, Default, Own, "Share of the whole test that this worker does, scale included";
    TEST_START = 32, "loadd_test_start_timestamp_seconds", Gauge, Default, Own, "Start of the run in seconds since the epoch";
    RUN_FINISHED = 33, "loadd_run_finished", Gauge, Default, Own, "1 once this worker's run has ended";
    CLOCK_OFFSET = 34, "loadd_clock_offset_seconds", Gauge, Default, Own, "Wall clock minus the run's clock";
    THRESHOLD_OK = 35, "loadd_threshold_ok", Gauge, Default, Own, "1 while a local threshold holds";
    SERIES = 36, "loadd_series", Gauge, Default, Own, "Live series in the pipeline";
    SERIES_OVERFLOWED = 37, "loadd_series_overflowed", Counter, Default, Own, "Samples folded into the overflow series";
    SAMPLES_INVALID = 38, "loadd_samples_invalid", Counter, Default, Own, "NaN or infinite values refused";
    RESOLUTION_REDUCTIONS = 39, "loadd_histogram_resolution_reductions", Counter, Default, Own, "Histograms whose schema was lowered";
    UNCLEAN_RESTARTS = 40, "loadd_unclean_restarts", Counter, Default, Own, "Starts that found an unfinished run";
    BUILD_INFO = 41, "loadd_build_info", Gauge, Default, Own, "1, with the version";
    START_TIME = 42, "loadd_start_time_seconds", Gauge, Default, Own, "Start of this process in seconds since the epoch";
    LOG_MESSAGES = 43, "loadd_log_messages", Counter, Default, Own, "Log messages by level";
    HTTP_REQ_DURATION_CORRECTED = 44, "loadd_http_req_duration_corrected", Trend, Time, Own, "Duration of HTTP requests with what stalls, missing VUs and closed loops hide";
    CORRECTED_CENSORED = 45, "loadd_corrected_censored", Counter, Default, Own, "Dropped iterations whose wait in the virtual queue is a lower bound";
}
