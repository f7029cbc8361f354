//! A core's cache of tag sets: which id a set gets when tags are laid over it or taken away.
//!
//! Looked up by the borrowed strings, so that a hit allocates nothing. Bounded: a full generation of edits becomes the old
//! one, whose entries come back as they are asked for. An entry holds its result, so that the sets that this core has met
//! lately are not let go between two uses of their number.

use std::{
    hash::{BuildHasher, Hash, Hasher},
    sync::Arc,
};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::{Registry, TagSet, TagSetId};

/// Entries of each cache; of edits there is the generation before as well.
const CACHED_SETS: usize = 8_192;

#[derive(Debug, Default)]
pub(crate) struct TagCache {
    hasher: DefaultHashBuilder,
    edits: HashTable<Edit>,
    old: HashTable<Edit>,
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
    set: Arc<TagSet>,
}

impl TagCache {
    pub(crate) fn extend(
        &mut self,
        registry: &Registry,
        base: TagSetId,
        extra: &[(&str, &str)],
    ) -> (TagSetId, &Arc<TagSet>) {
        let tags = extra.iter().map(|(name, value)| (*name, Some(*value)));
        self.edited(registry, base, tags, |set| set.with(extra))
    }

    pub(crate) fn without(
        &mut self,
        registry: &Registry,
        base: TagSetId,
        name: &str,
    ) -> (TagSetId, &Arc<TagSet>) {
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
    ) -> (TagSetId, &Arc<TagSet>) {
        let hash = self.hash(base, tags.clone());
        let place = self
            .edits
            .find_bucket_index(hash, |known| known.is(base, tags.clone()));
        if let Some(place) = place {
            let known = self.edits.get_bucket(place).expect("it was found there");
            return (known.result, &known.set);
        }
        let known = match self
            .old
            .find_entry(hash, |known| known.is(base, tags.clone()))
        {
            Ok(old) => old.remove().0,
            Err(_) => self.make(registry, (hash, base), tags, edit),
        };
        if self.edits.len() >= CACHED_SETS {
            self.old = std::mem::take(&mut self.edits);
        }
        let known = self
            .edits
            .insert_unique(hash, known, |known| known.hash)
            .into_mut();
        (known.result, &known.set)
    }

    fn make<'a>(
        &mut self,
        registry: &Registry,
        (hash, base): (u64, TagSetId),
        tags: impl ExactSizeIterator<Item = (&'a str, Option<&'a str>)>,
        edit: impl Fn(&TagSet) -> TagSet,
    ) -> Edit {
        if self.sets.len() >= CACHED_SETS {
            self.sets.clear();
        }
        let before = self
            .sets
            .entry(base)
            .or_insert_with(|| registry.tag_set(base));
        let (result, set) = registry.intern(edit(before));
        let tags = tags
            .map(|(name, value)| (Box::from(name), value.map(Box::from)))
            .collect();
        Edit {
            hash,
            base,
            tags,
            result,
            set,
        }
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
