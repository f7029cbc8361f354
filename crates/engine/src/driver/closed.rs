//! Looping VUs: a fixed number for a time, a number that ramps, or iterations from a quota.

use std::rc::Rc;

use loadd_timeline::{Executor, Length, Offset, Population};

use super::{end_of, instant, position};
use crate::{
    core::{Core, Part},
    pacer::Pacer,
    shared::Shared,
    vu::{Job, LoopRule, VuControl},
};

/// Lets this core's VUs of the scenario loop until its regular end, or until they have done what there is to do.
pub(super) async fn run(core: &Rc<Core>, pacer: &Pacer, scenario: usize) -> u64 {
    let here = &core.scenarios[scenario];
    let (length, rule) = match &core.shared.scenarios[scenario].plan.executor {
        Executor::ConstantVus { duration, .. } => (*duration, LoopRule::WhileRunning),
        Executor::PerVuIterations {
            iterations,
            max_duration,
            ..
        } => (Length::For(*max_duration), LoopRule::Times(*iterations)),
        Executor::SharedIterations { max_duration, .. } => {
            (Length::For(*max_duration), LoopRule::FromQuota)
        }
        Executor::RampingVus { .. }
        | Executor::ConstantArrivalRate { .. }
        | Executor::RampingArrivalRate { .. } => {
            return core.shared.now();
        }
    };
    let end = match length {
        Length::For(Offset(end)) => instant(core, scenario, end),
        Length::Forever => u64::MAX,
    };
    here.ends_at.set(end);
    while let Some(vu) = here.pool.take() {
        vu.assign(Job::Loop { scenario, rule });
    }
    here.pool.set_wants_news(rule != LoopRule::WhileRunning);
    while here.stop.get().is_none() && core.shared.now() < end && here.pool.busy() > 0 {
        let changed = here.changed.notified();
        if here.pool.busy() == 0 || here.stop.get().is_some() {
            break;
        }
        tokio::select! {
            () = pacer.until(Shared::boot_time(end)) => {}
            () = changed => {}
        }
    }
    end_of(core, scenario, end)
}

/// `ramping-vus`: this core runs the slots of its part of this worker's.
pub(super) async fn ramp(core: &Rc<Core>, pacer: &Pacer, scenario: usize, part: Part) -> u64 {
    let here = &core.scenarios[scenario];
    let shared = &core.shared;
    let Some(population) = shared.scenarios[scenario]
        .plan
        .population(&shared.settings.share, (part.index, part.of))
    else {
        return shared.now();
    };
    let end = population
        .regular_end()
        .map_or(u64::MAX, |Offset(end)| instant(core, scenario, end));
    here.ends_at.set(end);
    here.pool.set_wants_news(true);
    let mut slots: Vec<Option<Rc<VuControl>>> = Vec::new();
    let count = |vus: u64| usize::try_from(vus).unwrap_or(usize::MAX);
    while here.stop.get().is_none() {
        let now = position(core, scenario);
        let wanted = count(population.vus_at(Offset(now)));
        let allowed = count(population.busy_at(Offset(now)));
        set_slots(core, scenario, &mut slots, wanted, allowed);
        let Some(Offset(wake)) = next_change(&population, Offset(now)) else {
            break;
        };
        // After the last step only those that are still inside an iteration are waited for.
        if shared.now() >= end && here.pool.busy() == 0 {
            break;
        }
        let changed = here.changed.notified();
        if here.stop.get().is_some() {
            break;
        }
        tokio::select! {
            () = pacer.until(Shared::boot_time(instant(core, scenario, wake))) => {}
            () = changed => {}
        }
    }
    end_of(core, scenario, end)
}

/// The next instant at which VUs come, are to stop, or are cut off.
fn next_change(population: &Population, now: Offset) -> Option<Offset> {
    let after = |steps: &[(Offset, u64)]| {
        let passed = steps.partition_point(|&(at, _)| at <= now);
        steps.get(passed).map(|&(at, _)| at)
    };
    let (started, hard) = (after(population.steps()), after(population.hard_steps()));
    started.into_iter().chain(hard).min()
}

/// Starts the lowest stopped slots, lets the highest ones run out, cuts off those that may no longer be busy.
fn set_slots(
    core: &Rc<Core>,
    scenario: usize,
    slots: &mut Vec<Option<Rc<VuControl>>>,
    wanted: usize,
    allowed: usize,
) {
    let here = &core.scenarios[scenario];
    if slots.len() < wanted {
        slots.resize(wanted, None);
    }
    for (index, slot) in slots.iter_mut().enumerate() {
        let busy = slot
            .as_ref()
            .is_some_and(|vu| vu.is_busy() && vu.runs_slot(index));
        if index < wanted {
            match slot {
                Some(vu) if busy => vu.unretire(),
                _ => {
                    *slot = here.pool.take();
                    if let Some(vu) = slot {
                        vu.assign(Job::Loop {
                            scenario,
                            rule: LoopRule::WhileRunning,
                        });
                        vu.set_slot(index);
                    }
                }
            }
        } else if let Some(vu) = slot
            && busy
        {
            if index >= allowed {
                vu.cancel();
            } else {
                vu.retire();
            }
        }
    }
}
