//! Tag sets and the system tags of k6.

use std::sync::Arc;

/// A tag set in a [`crate::Registry`]; 0 is the empty set. Good for as long as somebody holds the set: a recorder does so for
/// those that it was asked for last, [`crate::Recorder::hold`] for anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagSetId(pub(crate) u64);

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
        self.pairs
            .binary_search_by(|(key, _)| (**key).cmp(name))
            .ok()
            .map(|index| &*self.pairs[index].1)
    }
}

impl TagSet {
    /// A set of these tags; of equal names the last one stays.
    #[must_use]
    pub fn new<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> TagSet {
        let tags: Vec<(&str, &str)> = tags.into_iter().collect();
        TagSet::default().with(&tags)
    }

    /// How many tags.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no tag.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// This set with others laid over it; later entries win.
    pub(crate) fn with(&self, extra: &[(&str, &str)]) -> TagSet {
        let mut pairs = self.pairs.to_vec();
        for (name, value) in extra {
            match pairs.binary_search_by(|(key, _)| (**key).cmp(name)) {
                Ok(place) if &*pairs[place].1 == *value => {}
                Ok(place) => pairs[place].1 = Arc::from(*value),
                Err(place) => pairs.insert(place, (Arc::from(*name), Arc::from(*value))),
            }
        }
        TagSet {
            pairs: pairs.into_boxed_slice(),
        }
    }

    /// This set without one tag.
    pub(crate) fn without(&self, name: &str) -> TagSet {
        self.filter(|key, _| key != name)
    }

    /// The tags that pass.
    pub(crate) fn filter(&self, keep: impl Fn(&str, &str) -> bool) -> TagSet {
        TagSet {
            pairs: self
                .pairs
                .iter()
                .filter(|(name, value)| keep(name, value))
                .cloned()
                .collect(),
        }
    }
}
