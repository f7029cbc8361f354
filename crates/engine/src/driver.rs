//! A scenario on one core: arms the timer, asks the time line what is due, acts, and ends in one way whatever ended it.

mod closed;
mod open;

use std::{rc::Rc, sync::atomic::Ordering};

use loadd_timeline::Executor;

use crate::{
    core::{Core, Part, Stop},
    lifecycle::Report,
    pacer::Pacer,
    shared::Shared,
};

/// Runs `part` of `parts` of a scenario, from its start (or from now, where it began earlier) to its end.
pub(crate) async fn run(core: Rc<Core>, scenario: usize, part: Part) {
    let pacer = match Pacer::new() {
        Ok(pacer) => pacer,
        Err(error) => {
            core.report(Report::CoreFailed(format!(
                "timer of scenario {}: {error}",
                core.scenarios[scenario].name
            )));
            return;
        }
    };
    wait_for_join(&core, &pacer, scenario, part).await;
    let regular_end = match core.shared.scenarios[scenario].plan.executor {
        Executor::ConstantArrivalRate { .. } | Executor::RampingArrivalRate { .. } => {
            open::run(&core, &pacer, scenario, part).await
        }
        Executor::ConstantVus { .. }
        | Executor::PerVuIterations { .. }
        | Executor::SharedIterations { .. } => closed::run(&core, &pacer, scenario).await,
        Executor::RampingVus { .. } => closed::ramp(&core, &pacer, scenario, part).await,
    };
    finish(&core, &pacer, scenario, regular_end).await;
}

/// The command comes a little early; the line begins at its exact instant.
async fn wait_for_join(core: &Rc<Core>, pacer: &Pacer, scenario: usize, part: Part) {
    let here = &core.scenarios[scenario];
    let joins_at = instant(core, scenario, part.join);
    while core.shared.now() < joins_at && here.stop.get().is_none() {
        let changed = here.changed.notified();
        tokio::select! {
            () = pacer.until(Shared::boot_time(joins_at)) => {}
            () = changed => {}
        }
    }
}

/// Lets running iterations end until the graceful stop is over, cuts off the rest, gives the VUs back.
async fn finish(core: &Rc<Core>, pacer: &Pacer, scenario: usize, regular_end: u64) {
    let here = &core.scenarios[scenario];
    here.stopping.set(true);
    here.changed.notify_waiters();
    core.resumed.notify_waiters();
    let graceful = core.shared.scenarios[scenario].plan.graceful_stop.0;
    let deadline = regular_end.saturating_add(graceful);
    let mut interrupted = here.stop.get() == Some(Stop::Interrupt);
    while here.pool.busy() > 0 || here.pool.is_growing() {
        let changed = here.changed.notified();
        let late = core.shared.now() >= deadline || here.stop.get() == Some(Stop::Interrupt);
        if late {
            interrupted |= here.pool.busy() > 0;
            here.pool.cancel_busy();
            core.resumed.notify_waiters();
        }
        if here.pool.busy() == 0 && !here.pool.is_growing() {
            break;
        }
        tokio::select! {
            () = changed => {}
            () = pacer.until(Shared::boot_time(deadline)), if !late => {}
            // A VU that is being made, or a script in the middle of its slice, is looked at again.
            () = tokio::time::sleep(std::time::Duration::from_millis(5)), if late => {}
        }
    }
    core.end_latency(scenario);
    let mut returned = 0;
    for vu in here.pool.take_all() {
        core.free.put(vu);
        core.shared.scenarios[scenario]
            .held
            .fetch_sub(1, Ordering::Relaxed);
        returned += 1;
    }
    core.report(Report::ScenarioOver {
        core: core.index,
        scenario,
        interrupted,
        returned,
    });
}

/// The instant from which on no iteration begins: the plan's, or now where a stop was asked for.
fn end_of(core: &Core, scenario: usize, planned: u64) -> u64 {
    match core.scenarios[scenario].stop.get() {
        Some(_) => core.shared.now().min(planned),
        None => planned,
    }
}

/// An offset on the scenario's line as an instant of the run's clock.
fn instant(core: &Core, scenario: usize, offset: u64) -> u64 {
    core.shared.scenarios[scenario]
        .started_at
        .load(Ordering::Relaxed)
        .saturating_add(offset)
}

/// How far a scenario's line has come.
fn position(core: &Core, scenario: usize) -> u64 {
    core.shared.now().saturating_sub(
        core.shared.scenarios[scenario]
            .started_at
            .load(Ordering::Relaxed),
    )
}
