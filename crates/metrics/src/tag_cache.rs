//! A core's cache of tag sets: which id a set gets when tags are laid over it or taken away.
//!
//! Looked up by the borrowed strings, so that a hit allocates nothing. Emptied at a stated size.

use std::{
    hash::{BuildHasher, Hash, Hasher},
    sync::Arc,
};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::{Registry, TagSet, TagSetId};

/// Entries of each cache.
const CACHED_SETS: usize = 16_384;

#[derive(Debug, Default)]
pub(crate) struct TagCache {
    hasher: DefaultHashBuilder,
    edits: HashTable<Edit>,
    sets: HashMap<TagSetId, Arc<TagSet>>,
}

/// A tag's name, and its value unless it is taken away.
type EditedTag = (Box<str>, Option<Box<str>>);

/// A remembered edit: tags laid over a set; or one tag taken away, which is a name without a value.
#[derive(Debug)]
struct Edit {
    hash: u64,
    base: TagSetId,
    tags: Box<[EditedTag]>,
    result: TagSetId,
}

impl TagCache {
    pub(crate) fn extend(
        &mut self,
        registry: &Registry,
        base: TagSetId,
        extra: &[(&str, &str)],
    ) -> TagSetId {
        let tags = extra.iter().map(|(name, value)| (*name, Some(*value)));
        self.edited(registry, base, tags, |set| set.with(extra))
    }

    pub(crate) fn without(&mut self, registry: &Registry, base: TagSetId, name: &str) -> TagSetId {
        self.edited(registry, base, std::iter::once((name, None)), |set| {
            set.without(name)
        })
    }

    fn edited<'a>(
        &mut self,
        registry: &Registry,
        base: TagSetId,
        tags: impl ExactSizeIterator<Item = (&'a str, Option<&'a str>)> + Clone,
        edit: impl Fn(&TagSet) -> TagSet,
    ) -> TagSetId {
        let hash = self.hash(base, tags.clone());
        let known = self.edits.find(hash, |known| known.is(base, tags.clone()));
        if let Some(known) = known {
            return known.result;
        }
        if self.sets.len() >= CACHED_SETS {
            self.sets.clear();
        }
        let set = self
            .sets
            .entry(base)
            .or_insert_with(|| registry.tag_set(base));
        let result = registry.intern(edit(set));
        if self.edits.len() >= CACHED_SETS {
            self.edits.clear();
        }
        let tags = tags
            .map(|(name, value)| (Box::from(name), value.map(Box::from)))
            .collect();
        self.edits.insert_unique(
            hash,
            Edit {
                hash,
                base,
                tags,
                result,
            },
            |known| known.hash,
        );
        result
    }

    fn hash<'a>(
        &self,
        base: TagSetId,
        tags: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    ) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        base.hash(&mut hasher);
        for tag in tags {
            tag.hash(&mut hasher);
        }
        hasher.finish()
    }
}

impl Edit {
    fn is<'a>(
        &self,
        base: TagSetId,
        tags: impl ExactSizeIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> bool {
        self.base == base
            && self.tags.len() == tags.len()
            && self
                .tags
                .iter()
                .zip(tags)
                .all(|((name, value), tag)| (&**name, value.as_deref()) == tag)
    }
}
