//! How the generator itself is: late timers, CPU, memory, descriptors. A generator that is the bottleneck must say so.

use std::{fs, rc::Rc};

use crate::{core::Core, pacer::Pacer, shared::Shared};
use loadd_metrics::{TagSetId, metric};

/// How often each loop looks how late it is.
const LAG_PERIOD: u64 = 100_000_000;

/// Measures for ever how late this core's timers fire.
pub(crate) async fn watch_lag(core: Rc<Core>) {
    let Ok(pacer) = Pacer::new() else { return };
    let series = core
        .recorder
        .borrow_mut()
        .series(metric::EVENT_LOOP_LAG, TagSetId::EMPTY);
    loop {
        let due = core.shared.now() + LAG_PERIOD;
        pacer.until(Shared::boot_time(due)).await;
        let lag = core.shared.now().saturating_sub(due);
        core.recorder.borrow_mut().observe(series, lag);
    }
}

/// What the system says of this process. Missing parts are `None`: nothing is made up.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct ProcessFacts {
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) resident_bytes: Option<f64>,
    pub(crate) open_fds: Option<f64>,
    pub(crate) max_fds: Option<f64>,
}

impl ProcessFacts {
    #[expect(
        clippy::cast_precision_loss,
        reason = "bytes and descriptors of one process stay far below 2^53"
    )]
    pub(crate) fn read() -> ProcessFacts {
        let pages = fs::read_to_string("/proc/self/statm")
            .ok()
            .and_then(|text| resident_pages(&text));
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        ProcessFacts {
            cpu_seconds: Some(cpu_seconds()),
            resident_bytes: pages.map(|pages| pages * rustix::param::page_size() as f64),
            open_fds: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|entries| entries.count() as f64),
            max_fds: limit.map(|limit| limit as f64),
        }
    }
}

/// User and system time of this process.
#[expect(clippy::cast_precision_loss, reason = "seconds stay far below 2^53")]
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The second number of `/proc/self/statm`.
fn resident_pages(statm: &str) -> Option<f64> {
    statm.split_whitespace().nth(1)?.parse().ok()
}

/// Cores that this process may use: affinity and the cgroup's quota.
pub(crate) fn usable_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_pages_are_the_second_field() {
        assert_eq!(resident_pages("100 42 7 1 0 30 0\n"), Some(42.0));
        assert_eq!(resident_pages(""), None);
    }

    #[test]
    fn this_process_uses_memory_descriptors_and_time() {
        let facts = ProcessFacts::read();
        assert!(facts.resident_bytes > Some(0.0));
        assert!(facts.open_fds > Some(0.0));
        assert!(facts.cpu_seconds >= Some(0.0));
        assert!(usable_cores() >= 1);
    }
}
