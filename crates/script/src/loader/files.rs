//! Specifiers and paths: which file `./lib.js` means, seen from another file.

use std::path::{Component, Path, PathBuf};

use url::Url;

/// Whether a module's name is an address.
pub(crate) fn is_url(name: &str) -> bool {
    name.starts_with("https://")
}

/// The path or address that `specifier` means, seen from the module named `base`.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn resolve(base: &str, specifier: &str) -> Result<String, String> {
    if let Some(path) = specifier.strip_prefix("file://") {
        if is_url(base) {
            return Err(format!(
                "cannot import {specifier}: a module that came over https:// may not import files of this machine"
            ));
        }
        return Ok(normalize(Path::new(path)));
    }
    if is_url(specifier) {
        return Url::parse(specifier)
            .map(String::from)
            .map_err(|error| format!("cannot import {specifier}: {error}"));
    }
    if specifier.contains("://") {
        let scheme = specifier.split("://").next().unwrap_or_default();
        return Err(format!(
            "cannot import {specifier}: modules come from files, file:// or https://, not from {scheme}://"
        ));
    }
    if is_url(base) && (specifier.starts_with('/') || specifier.starts_with('.')) {
        return Url::parse(base)
            .and_then(|base| base.join(specifier))
            .map(String::from)
            .map_err(|error| format!("cannot import {specifier}: {error}"));
    }
    if specifier.starts_with('/') {
        return Ok(normalize(Path::new(specifier)));
    }
    if specifier.starts_with("./")
        || specifier.starts_with("../")
        || specifier == "."
        || specifier == ".."
    {
        return Ok(normalize(&directory_of(base).join(specifier)));
    }
    Err(format!(
        "cannot import {specifier}: it is no k6 module, and files are named by a path that starts with ./, ../ or / \
         (there is no node_modules resolution); an import map under [modules] can give it a file"
    ))
}

/// The file that `open(path)` means in the module named `base`.
pub(crate) fn resolve_data(base: &str, path: &str) -> String {
    let path = path.strip_prefix("file://").unwrap_or(path);
    normalize(&directory_of(base).join(path))
}

fn directory_of(name: &str) -> PathBuf {
    Path::new(name)
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// Takes `.` and `..` out of a path, by its text alone: names must not depend on what the file system holds.
pub(crate) fn normalize(path: &Path) -> String {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match parts.last() {
                Some(Component::Normal(_)) => {
                    parts.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                Some(Component::ParentDir | Component::CurDir) | None => parts.push(part),
            },
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => parts.push(part),
        }
    }
    parts
        .iter()
        .collect::<PathBuf>()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_resolve_against_the_importing_file() {
        let cases = [
            ("scripts/a.js", "./lib.js", "scripts/lib.js"),
            ("scripts/a.js", "../lib/b.js", "lib/b.js"),
            ("a.js", "../b.js", "../b.js"),
            ("../x/a.js", "../../b.js", "../../b.js"),
            ("/t/a.js", "./sub/../b.js", "/t/b.js"),
            ("/t/a.js", "/u/b.js", "/u/b.js"),
            ("/t/a.js", "../../../b.js", "/b.js"),
            ("a.js", "file:///u/b.js", "/u/b.js"),
            ("a.js", "https://x.test/b.js?v=1", "https://x.test/b.js?v=1"),
            (
                "https://x.test/lib/a.js",
                "./b.js",
                "https://x.test/lib/b.js",
            ),
            (
                "https://x.test/lib/a.js?v=1",
                "../b.js",
                "https://x.test/b.js",
            ),
            ("https://x.test/lib/a.js", "/c.js", "https://x.test/c.js"),
        ];
        for (base, specifier, expected) in cases {
            assert_eq!(
                resolve(base, specifier).as_deref(),
                Ok(expected),
                "{specifier} from {base}"
            );
        }
        for specifier in [
            "lodash",
            "http://a.test/x.js",
            "github.com/a/b.js",
            "lib.js",
            "",
        ] {
            assert!(resolve("a.js", specifier).is_err(), "{specifier}");
        }
        assert!(resolve("https://x.test/a.js", "file:///etc/passwd").is_err());
    }
}
