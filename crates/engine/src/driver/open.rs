//! Arrival rates: each start at its exact intended instant, whatever the target does.

use std::{rc::Rc, sync::atomic::Ordering};

use loadd_timeline::{Offset, OpenStepper};

use super::{end_of, instant, position};
use crate::{
    core::{Core, DropReason, Part},
    pacer::{Pacer, is_dense, wake_for},
    shared::Shared,
};

/// How often a paused scenario looks whether it may go on, in nanoseconds.
const PAUSED_LOOK: u64 = 10_000_000;
/// What is due longer ago than this is dropped, in nanoseconds.
const MADE_UP: u64 = 1_000_000_000;

/// Starts what is due until the line ends or a stop is asked for; gives the instant from which the graceful stop counts.
pub(super) async fn run(core: &Rc<Core>, pacer: &Pacer, scenario: usize, part: Part) -> u64 {
    let here = &core.scenarios[scenario];
    let shared = &core.shared;
    let Some(schedule) = shared.scenarios[scenario]
        .plan
        .arrivals(&shared.settings.share, (part.index, part.of))
    else {
        return shared.now();
    };
    let planned_end = schedule
        .end()
        .map_or(u64::MAX, |Offset(end)| instant(core, scenario, end));
    let mut stepper = OpenStepper::new(schedule, Offset(part.join));
    let mut due = Vec::new();
    let mut before = part.join;
    while here.stop.get().is_none() {
        let now = position(core, scenario);
        let step = stepper.step(Offset(now), shared.paused.load(Ordering::Relaxed), &mut due);
        core.planned(scenario, due.len() as u64 + step.stalled);
        core.dropped(scenario, step.stalled, DropReason::Stall);
        let missed = (before, now.saturating_sub(MADE_UP).max(before));
        let missed = (
            instant(core, scenario, missed.0),
            instant(core, scenario, missed.1),
        );
        core.missed_between(scenario, missed, step.stalled);
        before = now;
        for (_, intended) in due.drain(..) {
            core.start_or_drop(scenario, instant(core, scenario, intended.0), 0);
        }
        if step.over {
            break;
        }
        // While paused nothing is due: look again when something has changed, or soon.
        let wake = step.wake.map_or(now + PAUSED_LOOK, |Offset(wake)| wake);
        here.pool.set_dense(is_dense(wake, now));
        let changed = here.changed.notified();
        if here.stop.get().is_some() {
            break;
        }
        tokio::select! {
            () = pacer.until(Shared::boot_time(instant(core, scenario, wake_for(wake, now)))) => {}
            () = changed => {}
        }
    }
    if here.stop.get().is_none() {
        wait_for_end(core, pacer, scenario, planned_end).await;
    }
    end_of(core, scenario, planned_end)
}

/// After the last start the scenario still lasts until its regular end: `gracefulStop` counts from there.
async fn wait_for_end(core: &Rc<Core>, pacer: &Pacer, scenario: usize, end: u64) {
    let here = &core.scenarios[scenario];
    while here.stop.get().is_none() && core.shared.now() < end {
        let changed = here.changed.notified();
        tokio::select! {
            () = pacer.until(Shared::boot_time(end)) => {}
            () = changed => {}
        }
    }
}
