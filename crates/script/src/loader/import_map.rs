//! The import map: which local file stands for a specifier. Exact keys, and prefixes that end with a slash.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

/// Specifier -> file, or prefix -> folder.
#[derive(Debug, Default)]
pub(crate) struct ImportMap(BTreeMap<String, PathBuf>);

impl ImportMap {
    pub(crate) fn new(map: BTreeMap<String, PathBuf>) -> ImportMap {
        ImportMap(map)
    }

    /// The file for `specifier`: by its exact key, else by the longest prefix.
    pub(crate) fn find(&self, specifier: &str) -> Option<PathBuf> {
        if let Some(path) = self.0.get(specifier) {
            return Some(path.clone());
        }
        let (folder, rest) = self
            .0
            .iter()
            .filter(|(key, _)| key.ends_with('/'))
            .filter_map(|(key, folder)| Some((key.len(), folder, specifier.strip_prefix(key)?)))
            .max_by_key(|(length, ..)| *length)
            .map(|(_, folder, rest)| (folder, rest))?;
        let inside = Path::new(rest)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        (inside && !rest.is_empty()).then(|| folder.join(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_keys_win_over_prefixes_and_longer_prefixes_over_shorter_ones() {
        let map = ImportMap::new(
            [
                ("lodash", "lib/lodash.js"),
                ("https://a.test/", "a"),
                ("https://a.test/x/", "x"),
                ("https://a.test/x/y.js", "exact.js"),
                ("https://b.test", "no-slash"),
            ]
            .map(|(key, path)| (key.to_owned(), PathBuf::from(path)))
            .into(),
        );
        for (specifier, expected) in [
            ("lodash", Some("lib/lodash.js")),
            ("lodash/fp", None),
            ("https://a.test/1/2.js", Some("a/1/2.js")),
            ("https://a.test/x/z.js", Some("x/z.js")),
            ("https://a.test/x/y.js", Some("exact.js")),
            ("https://a.test/", Some("a")),
            ("https://a.test/x/../../etc/passwd", None),
            ("https://b.test/z.js", None),
        ] {
            assert_eq!(
                map.find(specifier),
                expected.map(PathBuf::from),
                "{specifier}"
            );
        }
    }
}
