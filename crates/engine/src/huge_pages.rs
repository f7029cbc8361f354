//! Transparent huge pages: for the heaps of many VUs, not for a start-up.

/// From so many VUs on, 2 MiB pages are full of heaps; below, they would mostly be zeroes that are paid for.
const VUS_FOR_HUGE_PAGES: u64 = 32;

/// Keeps the process from huge pages, until a run with enough VUs begins. To be called before much memory is used; a system
/// that knows no such switch goes on as it does.
pub fn forbid_huge_pages() {
    switch(false);
}

/// Lets the system give huge pages from now on, where the run has enough VUs to fill them (docs/decisions/009-huge-pages.md).
pub(crate) fn allow_huge_pages(vus: u64) {
    if vus >= VUS_FOR_HUGE_PAGES {
        switch(true);
    }
}

fn switch(allowed: bool) {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(!allowed) {
        tracing::debug!(target: "loadd::engine", %error, "huge pages are as the system has them");
    }
}
