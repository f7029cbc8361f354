//! Where modules come from: import maps, and the places of those that come over `https://`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use loadd_script::RemoteModules;
use serde::Deserialize;

use super::surroundings::Surroundings;

/// Name of the lock file, beside the script.
const LOCK_FILE: &str = "loadd.lock";

/// An import map as it stands in a file: plain, or as web pages have it.
#[derive(Deserialize)]
#[serde(untagged)]
enum MapFile {
    Web { imports: BTreeMap<String, PathBuf> },
    Plain(BTreeMap<String, PathBuf>),
}

/// Reads the file of `--import-map`; paths are relative to it. An error is one line.
pub(crate) fn import_map(path: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let told = |what: String| format!("--import-map {}: {what}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
    let map = match serde_json::from_str(&text) {
        Ok(MapFile::Web { imports: map } | MapFile::Plain(map)) => map,
        Err(error) if error.is_data() => {
            return Err(told(
                "it is not a JSON object of specifiers and their files".to_owned(),
            ));
        }
        Err(error) => return Err(told(error.to_string())),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(map
        .into_iter()
        .map(|(name, file)| (name, folder.join(file)))
        .collect())
}

/// Cache of this user, lock file beside the script (in the working directory, where that is no file).
pub(super) fn remote(around: &Surroundings, script: &Path) -> RemoteModules {
    let absolute = |name: &str| {
        let value = around.var(name).map(PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    let is_file = !script.starts_with("https:") && script != Path::new("-");
    let folder = script.parent().filter(|_| is_file);
    RemoteModules {
        cache: cache.map(|cache| cache.join("loadd").join("modules")),
        lock_file: Some(folder.unwrap_or(Path::new("")).join(LOCK_FILE)),
        offline: around.offline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_lies_beside_the_script_and_the_cache_in_the_users_own() {
        let around = |vars: &[(&str, &str)]| Surroundings {
            vars: vars
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Surroundings::default()
        };
        for (script, lock) in [
            ("a/b.js", "a/loadd.lock"),
            ("b.js", "loadd.lock"),
            ("-", "loadd.lock"),
            ("https://a.test/b.js", "loadd.lock"),
        ] {
            let remote = remote(&around(&[("HOME", "/home/ann")]), Path::new(script));
            assert_eq!(remote.lock_file, Some(PathBuf::from(lock)), "{script}");
            assert_eq!(
                remote.cache,
                Some(PathBuf::from("/home/ann/.cache/loadd/modules"))
            );
        }
        let remote = remote(
            &around(&[("HOME", "/home/ann"), ("XDG_CACHE_HOME", "/var/cache/ann")]),
            Path::new("a.js"),
        );
        assert_eq!(
            remote.cache,
            Some(PathBuf::from("/var/cache/ann/loadd/modules"))
        );
    }
}
