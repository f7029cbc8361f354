//! From tags to labels: the full, valid, sorted label set of a series.
//!
//! Bad characters become `_`, a leading digit gets `_` before it, a name that begins with `__` is reserved and becomes
//! `tag` + name, empty values are left out, values of `name` and `url` are cut at 1,024 bytes. Where two things want one
//! name, `__name__` and `condition` win, then the labels of the run (`instance`, `testid`, `job` and the configured ones):
//! they tell workers apart, and a script's tag must not merge them. Of two tags equal after mapping the last one stays. Each
//! collision is counted.

use std::collections::BTreeMap;

/// Longest value of the labels `name` and `url`, in bytes; Mimir's and Cortex' limit.
pub const LONGEST_LABEL_VALUE: usize = 1024;

/// What had to be changed on the way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct LabelChanges {
    /// Tags that lost their name to another one.
    pub collisions: u64,
    /// Values cut.
    pub cut: u64,
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`.
#[must_use]
pub fn label_name(tag: &str) -> String {
    let mut name: String = tag
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() {
                char
            } else {
                '_'
            }
        })
        .collect();
    if name
        .chars()
        .next()
        .is_none_or(|first| first.is_ascii_digit())
    {
        name.insert(0, '_');
    }
    if name.starts_with("__") {
        name.insert_str(0, "tag");
    }
    name
}

/// Whether a configured label's name can stay as it is.
#[must_use]
pub fn is_label_name(name: &str) -> bool {
    !name.is_empty() && label_name(name) == name
}

/// All labels of a series, sorted by name as bytes. `fixed` are `__name__` and `condition`.
#[must_use]
pub fn label_set<'a>(
    fixed: &[(&str, &str)],
    run: &[(String, String)],
    tags: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> (Vec<(String, String)>, LabelChanges) {
    let mut changes = LabelChanges::default();
    let mut set: BTreeMap<String, String> = BTreeMap::new();
    for (tag, value) in tags {
        if !value.is_empty() {
            changes.collisions += u64::from(
                set.insert(label_name(tag), cut(tag, value, &mut changes))
                    .is_some(),
            );
        }
    }
    let run = run
        .iter()
        .map(|(name, value)| (label_name(name), value.as_str()));
    let fixed = fixed
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value));
    for (name, value) in run.chain(fixed) {
        if !value.is_empty() {
            changes.collisions += u64::from(set.insert(name, value.to_owned()).is_some());
        }
    }
    (set.into_iter().collect(), changes)
}

fn cut(tag: &str, value: &str, changes: &mut LabelChanges) -> String {
    if value.len() <= LONGEST_LABEL_VALUE || !matches!(tag, "name" | "url") {
        return value.to_owned();
    }
    changes.cut += 1;
    value[..value.floor_char_boundary(LONGEST_LABEL_VALUE)].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn borrowed(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
        pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    #[test]
    fn labels_are_sorted_as_bytes_after_the_name_was_added() {
        let (labels, changes) = label_set(
            &[("__name__", "x")],
            &owned(&[("instance", "w1")]),
            [("Zone", "a"), ("b", "")],
        );
        assert_eq!(
            labels,
            owned(&[("Zone", "a"), ("__name__", "x"), ("instance", "w1")])
        );
        assert_eq!(changes, LabelChanges::default());
    }

    #[test]
    fn a_tag_never_displaces_what_tells_workers_apart() {
        let tags = [
            ("instance", "mine"),
            ("a-b", "1"),
            ("a.b", "2"),
            ("9", "nine"),
            ("__name__", "evil"),
        ];
        let (labels, changes) =
            label_set(&[("__name__", "x")], &owned(&[("instance", "w1")]), tags);
        assert_eq!(
            labels,
            owned(&[
                ("_9", "nine"),
                ("__name__", "x"),
                ("a_b", "2"),
                ("instance", "w1"),
                ("tag__name__", "evil")
            ])
        );
        assert_eq!(
            changes,
            LabelChanges {
                collisions: 2,
                cut: 0
            }
        );
    }

    #[test]
    fn long_urls_are_cut_on_a_character_and_counted() {
        let long = format!("{}é", "x".repeat(LONGEST_LABEL_VALUE - 1));
        let (labels, changes) = label_set(&[], &[], [("url", &*long), ("other", &*long)]);
        assert_eq!(labels[1].1.len(), LONGEST_LABEL_VALUE - 1);
        assert_eq!(labels[0].1, long);
        assert_eq!(changes.cut, 1);
    }

    proptest! {
        #[test]
        fn hostile_tags_make_valid_labels(tags in prop::collection::vec((".{0,12}", ".{0,12}"), 0..12)) {
            let tags: Vec<(String, String)> = tags.into_iter().collect();
            let (labels, _) = label_set(&[("__name__", "m")], &owned(&[("testid", "t")]), borrowed(&tags));
            prop_assert!(labels.windows(2).all(|pair| pair[0].0.as_bytes() < pair[1].0.as_bytes()));
            for (name, value) in &labels {
                prop_assert!(!value.is_empty());
                prop_assert!(name == "__name__" || is_label_name(name), "{}", name);
            }
            prop_assert!(labels.contains(&("testid".to_owned(), "t".to_owned())));
        }
    }
}
