//! The VUs of a scenario on one core: which there are, which are idle.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use crate::vu::VuControl;

/// Of so many dense starts one goes to the VU that has waited longest.
const TURN: u32 = 32;

/// VUs that no scenario holds: all idle.
#[derive(Default)]
pub(crate) struct Free(RefCell<VecDeque<Rc<VuControl>>>);

impl Free {
    pub(crate) fn put(&self, vu: Rc<VuControl>) {
        self.0.borrow_mut().push_back(vu);
    }

    pub(crate) fn take(&self) -> Option<Rc<VuControl>> {
        self.0.borrow_mut().pop_front()
    }
}

/// A set of VUs. The idle ones are a queue: the VU that has waited longest runs next, so that all users of a load take their
/// turn, with their data rows and their connections.
///
/// Where thousands of starts a second need few VUs at a time, that would make each start with a VU whose memory no cache
/// holds any more, at twice the CPU (docs/decisions/010-idle-vus.md). There most starts go to the VU that was busy last, and one
/// in [`TURN`] to the one that has waited longest: all still take their turn.
#[derive(Default)]
pub(crate) struct Pool {
    members: RefCell<Vec<Rc<VuControl>>>,
    idle: RefCell<VecDeque<Rc<VuControl>>>,
    dense: Cell<bool>,
    taken: Cell<u32>,
    growing: Cell<bool>,
    wants_news: Cell<bool>,
}

impl Pool {
    /// Takes an idle VU in.
    pub(crate) fn adopt(&self, vu: &Rc<VuControl>) {
        self.members.borrow_mut().push(Rc::clone(vu));
        self.idle.borrow_mut().push_back(Rc::clone(vu));
    }

    /// An idle VU for a job; it stays a member.
    pub(crate) fn take(&self) -> Option<Rc<VuControl>> {
        let taken = self.taken.get().wrapping_add(1);
        self.taken.set(taken);
        let mut idle = self.idle.borrow_mut();
        if self.dense.get() && !taken.is_multiple_of(TURN) {
            idle.pop_back()
        } else {
            idle.pop_front()
        }
    }

    /// Whether starts come so close together that warm VUs matter.
    pub(crate) fn set_dense(&self, dense: bool) {
        self.dense.set(dense);
    }

    /// A VU has done its job.
    pub(crate) fn give_back(&self, vu: &Rc<VuControl>) {
        self.idle.borrow_mut().push_back(Rc::clone(vu));
    }

    /// Members that are idle.
    pub(crate) fn idle(&self) -> usize {
        self.idle.borrow().len()
    }

    /// Whether there is no member at all.
    pub(crate) fn is_vacant(&self) -> bool {
        self.members.borrow().is_empty()
    }

    /// Members that are not idle.
    pub(crate) fn busy(&self) -> usize {
        self.members.borrow().len() - self.idle.borrow().len()
    }

    /// Whether a VU is being made for this pool.
    pub(crate) fn is_growing(&self) -> bool {
        self.growing.get()
    }

    pub(crate) fn set_growing(&self, growing: bool) {
        self.growing.set(growing);
    }

    /// Whether somebody waits for VUs to become idle.
    pub(crate) fn wants_news(&self) -> bool {
        self.wants_news.get()
    }

    pub(crate) fn set_wants_news(&self, wants: bool) {
        self.wants_news.set(wants);
    }

    /// Cuts off what the busy members do.
    pub(crate) fn cancel_busy(&self) {
        for vu in &*self.members.borrow() {
            vu.cancel();
        }
    }

    /// Removes a member that is gone; whether it was one.
    pub(crate) fn forget(&self, id: u64) -> bool {
        let mut members = self.members.borrow_mut();
        let before = members.len();
        members.retain(|vu| vu.id != id);
        self.idle.borrow_mut().retain(|vu| vu.id != id);
        members.len() < before
    }

    /// Lets all idle members go.
    pub(crate) fn take_all(&self) -> Vec<Rc<VuControl>> {
        let idle: Vec<_> = self.idle.borrow_mut().drain(..).collect();
        self.members.borrow_mut().retain(|vu| vu.is_busy());
        idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(vus: u64) -> Pool {
        let pool = Pool::default();
        for id in 1..=vus {
            pool.adopt(&VuControl::new(id));
        }
        pool
    }

    /// The ids of so many takes, each given back at once.
    fn taken(pool: &Pool, times: u32) -> Vec<u64> {
        let take = |_| {
            let vu = pool.take().expect("one is idle");
            pool.give_back(&vu);
            vu.id
        };
        (0..times).map(take).collect()
    }

    #[test]
    fn idle_vus_take_turns() {
        assert_eq!(taken(&pool(3), 7), [1, 2, 3, 1, 2, 3, 1]);
    }

    #[test]
    fn dense_starts_go_to_warm_vus_and_all_still_take_their_turn() {
        let pool = pool(4);
        pool.set_dense(true);
        let ids = taken(&pool, 4 * TURN);
        let warm = ids.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!(warm >= 4 * (TURN as usize - 2), "{ids:?}");
        for id in 1..=4 {
            assert!(ids.contains(&id), "VU {id} had no turn: {ids:?}");
        }
    }
}
