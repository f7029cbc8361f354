//! Which VUs there are, and which cores run a scenario with how many of them. Does not touch a VU: cores make them.

use std::time::Duration;

use super::Life;
use crate::{Phase, core::CoreCommand, vu::VuIdentity};

/// How long a scenario waits for planned VUs that others still hold.
const PLANNED_VU_WAIT: Duration = Duration::from_secs(2);

impl Life {
    pub(super) async fn make_vus(&mut self) {
        let settings = &self.shared.settings;
        let planned = settings.plan.planned_vus(&settings.share);
        self.vus_asked = planned;
        self.enter(Phase::InitVus);
        let cores = self.shared.cores.len();
        let mut identities: Vec<Vec<VuIdentity>> = vec![Vec::new(); cores];
        for number in 0..planned {
            let core = usize::try_from(number).unwrap_or(0) % cores;
            identities[core].push(self.shared.next_identity());
        }
        for (core, identities) in identities.into_iter().enumerate() {
            self.free[core] += identities.len() as u64;
            drop(self.shared.cores[core].send(CoreCommand::MakeVus(identities)));
        }
        self.wait(None, |life| {
            life.vus_made >= life.vus_asked || life.is_over()
        })
        .await;
    }

    /// Scenarios that follow each other share VUs: those of the one before may be on their way back.
    pub(super) async fn wait_for_free(&mut self, index: usize, need: u64) {
        let deadline = tokio::time::Instant::now() + PLANNED_VU_WAIT;
        self.wait(Some(deadline), |life| {
            life.has_free(index, need) || !life.holds_vus() || life.is_over()
        })
        .await;
    }

    /// Whether the free VUs suffice for a scenario that begins with this many, where they are.
    fn has_free(&self, index: usize, need: u64) -> bool {
        if !self.has_slots(index) {
            return self.free.iter().sum::<u64>() >= need;
        }
        self.even_parts(index, need)
            .iter()
            .all(|&(core, vus)| self.free[core] >= vus)
    }

    /// Whether the scenario's VUs are slots, divided among the cores once and for all.
    fn has_slots(&self, index: usize) -> bool {
        self.shared.scenarios[index].part.arrivals.is_none()
    }

    /// Which cores run a scenario, and how many VUs each would give it if all had enough. Those with most free ones come
    /// first. A core without a VU still takes part where more VUs may be made: the starts are divided among them.
    fn even_parts(&self, index: usize, need: u64) -> Vec<(usize, u64)> {
        let cores = self.shared.cores.len();
        let spread = self.shared.scenarios[index].part.max_vus.max(need).max(1);
        let of = usize::try_from(spread).unwrap_or(cores).min(cores);
        let mut order: Vec<usize> = (0..cores).collect();
        order.sort_by_key(|core| std::cmp::Reverse(self.free[*core]));
        order.truncate(of);
        order
            .into_iter()
            .enumerate()
            .map(|(part, core)| (core, (need + (of - 1 - part) as u64) / of as u64))
            .collect()
    }

    /// Whether some scenario runs, and may give VUs back.
    fn holds_vus(&self) -> bool {
        self.scenarios.iter().any(|scenario| scenario.cores > 0)
    }

    /// Gives a scenario VUs of the cores that run it: evenly, as far as they have them.
    pub(super) async fn hand_out(&mut self, index: usize, need: u64) -> Vec<(usize, u64)> {
        let mut parts = self.even_parts(index, need);
        let mut left = need;
        for (core, vus) in &mut parts {
            if *vus > self.free[*core] && self.has_slots(index) {
                self.make_more_on(*core, *vus - self.free[*core]).await;
            }
            *vus = (*vus).min(self.free[*core]);
            self.free[*core] -= *vus;
            left -= *vus;
        }
        for (core, vus) in &mut parts {
            let more = left.min(self.free[*core]);
            self.free[*core] -= more;
            left -= more;
            *vus += more;
        }
        parts
    }

    pub(super) async fn make_more(&mut self, count: u64) {
        let cores = self.shared.cores.len();
        for number in 0..count {
            let core = usize::try_from(number).unwrap_or(0) % cores;
            self.ask_for_vus(core, 1);
        }
        self.wait_for_vus().await;
    }

    async fn make_more_on(&mut self, core: usize, count: u64) {
        self.ask_for_vus(core, count);
        self.wait_for_vus().await;
    }

    fn ask_for_vus(&mut self, core: usize, count: u64) {
        self.free[core] += count;
        self.vus_asked += count;
        let identities = (0..count).map(|_| self.shared.next_identity()).collect();
        drop(self.shared.cores[core].send(CoreCommand::MakeVus(identities)));
    }

    async fn wait_for_vus(&mut self) {
        self.wait(None, |life| {
            life.vus_made >= life.vus_asked || life.is_over()
        })
        .await;
    }
}
