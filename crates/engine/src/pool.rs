//! The VUs of a scenario on one core: which there are, which are idle.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use crate::vu::VuControl;

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

/// A set of VUs. The idle ones are a queue, as in k6: the VU that has waited longest runs next, so that all users of a load
/// take their turn, with their data rows and their connections.
#[derive(Default)]
pub(crate) struct Pool {
    members: RefCell<Vec<Rc<VuControl>>>,
    idle: RefCell<VecDeque<Rc<VuControl>>>,
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
        self.idle.borrow_mut().pop_front()
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
