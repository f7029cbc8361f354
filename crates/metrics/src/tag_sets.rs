//! The tag sets in use, each with a number. A set that nobody holds any more (no series, no VU, no core's cache) is let go,
//! so that a script which makes a new tag value for each iteration does not grow this.
//!
//! Numbers are never given twice: whoever remembers the number of a set that is gone misses, and never finds another one.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::{TagSet, TagSetId};

/// Sets kept before those that nobody holds are looked for.
const FIRST_SWEEP: usize = 8_192;

#[derive(Debug)]
pub(crate) struct TagSets {
    sets: HashMap<TagSetId, Arc<TagSet>>,
    ids: HashMap<Arc<TagSet>, TagSetId>,
    next: u64,
    /// At so many sets it is time to look again: twice what was left the last time.
    full: usize,
}

impl TagSets {
    /// The empty set only.
    pub(crate) fn new() -> TagSets {
        let empty = Arc::new(TagSet::default());
        TagSets {
            sets: HashMap::from([(TagSetId::EMPTY, Arc::clone(&empty))]),
            ids: HashMap::from([(empty, TagSetId::EMPTY)]),
            next: 1,
            full: FIRST_SWEEP,
        }
    }

    /// The number of a set, and the set to be held for as long as the number is used.
    pub(crate) fn intern(&mut self, tags: TagSet) -> (TagSetId, Arc<TagSet>) {
        if let Some((set, id)) = self.ids.get_key_value(&tags) {
            return (*id, Arc::clone(set));
        }
        let id = TagSetId(self.next);
        self.next += 1;
        let set = Arc::new(tags);
        self.sets.insert(id, Arc::clone(&set));
        self.ids.insert(Arc::clone(&set), id);
        if self.sets.len() >= self.full {
            self.sweep();
        }
        (id, set)
    }

    /// The set behind a number that is held.
    pub(crate) fn get(&self, id: TagSetId) -> Arc<TagSet> {
        let set = self.sets.get(&id);
        debug_assert!(set.is_some(), "whoever uses a number holds its set");
        set.map_or_else(Arc::default, Arc::clone)
    }

    /// Sets at this moment.
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    #[cold]
    fn sweep(&mut self) {
        // Both tables hold one reference each. More cannot come from elsewhere meanwhile: only a holder can copy its own.
        self.ids
            .retain(|set, id| *id == TagSetId::EMPTY || Arc::strong_count(set) > 2);
        self.sets
            .retain(|id, set| *id == TagSetId::EMPTY || Arc::strong_count(set) > 1);
        self.full = FIRST_SWEEP.max(self.sets.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_is_let_go_and_its_number_never_comes_back() {
        let mut sets = TagSets::new();
        let (kept, held) = sets.intern(TagSet::new([("kept", "yes")]));
        for n in 0..100_000 {
            let _ = sets.intern(TagSet::new([("id", n.to_string().as_str())]));
        }
        assert!(sets.len() <= FIRST_SWEEP, "{}", sets.len());
        assert!(Arc::ptr_eq(&sets.get(kept), &held));
        assert_eq!(sets.intern(TagSet::new([("kept", "yes")])).0, kept);
        assert!(sets.intern(TagSet::new([("id", "0")])).0.0 > 100_000);
        assert_eq!(sets.intern(TagSet::default()).0, TagSetId::EMPTY);
    }
}
