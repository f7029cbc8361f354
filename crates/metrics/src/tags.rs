//! Tag sets and the system tags of k6.

use std::sync::Arc;

/// A tag set in a [`crate::Registry`]; 0 is the empty set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagSetId(pub(crate) u32);

impl TagSetId {
    /// The empty set.
    pub const EMPTY: TagSetId = TagSetId(0);
}

/// An immutable set of tags, sorted by name, each name once. Empty values are kept (k6's JSON output shows them); what
/// goes on the wire leaves them out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TagSet {
    pairs: Box<[(Arc<str>, Arc<str>)]>,
}

impl TagSet {
    /// The tags by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Value of one tag.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.binary_search_by(|(key, _)| (**key).cmp(name)).ok().map(|index| &*self.pairs[index].1)
    }
}
