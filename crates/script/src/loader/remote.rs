//! Modules over `https://`: fetched once, kept in a cache by their hash, and held to a lock file.
//!
//! The lock file says which content each address had when it was first imported. While it does, the same content is used,
//! from the cache where it lies there (no network then); anything else behind the address is an error. An address that the
//! lock file does not know is fetched and added. Runs on the thread that loads a script, never on an event loop.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use ureq::Agent;

use crate::fetch;

/// Where modules that come over `https://` are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteModules {
    /// Folder for their contents; `None`: each load fetches anew.
    pub cache: Option<PathBuf>,
    /// File with the hash of each address, written as they are first imported; `None`: any content is taken.
    pub lock_file: Option<PathBuf>,
    /// Nothing may be fetched: what is not in the cache is an error.
    pub offline: bool,
}

/// As long as k6 waits.
const TIMEOUT: Duration = Duration::from_secs(60);
/// A script of this size would take more than that in each VU.
const MOST_BYTES: u64 = 64 << 20;

/// Gives the text behind an address.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    settings: RemoteModules,
    agent: Mutex<Option<Agent>>,
}

impl Remote {
    pub(crate) fn new(settings: RemoteModules) -> Remote {
        Remote {
            settings,
            agent: Mutex::default(),
        }
    }

    /// The text behind `url`. Blocks.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn text(&self, url: &str) -> Result<String, String> {
        let bytes = match self.locked_hash(url)? {
            Some(hash) => self.bytes_with(url, &hash)?,
            None => {
                let bytes = self.fetch(url)?;
                let hash = hash_of(&bytes);
                self.cache(&hash, &bytes);
                self.lock(url, &hash);
                bytes
            }
        };
        String::from_utf8(bytes).map_err(|_| format!("{url} is not UTF-8 text"))
    }

    fn bytes_with(&self, url: &str, hash: &str) -> Result<Vec<u8>, String> {
        let cached = self.cached(hash).and_then(|path| fs::read(path).ok());
        if let Some(bytes) = cached.filter(|bytes| hash_of(bytes) == hash) {
            return Ok(bytes);
        }
        let bytes = self.fetch(url)?;
        let now = hash_of(&bytes);
        if now != hash {
            let lock_file = self.settings.lock_file.clone().unwrap_or_default();
            return Err(format!(
                "{url} has changed: its content is {now} now, but {} says {hash}; take its line out of that file to accept the new content",
                lock_file.display()
            ));
        }
        self.cache(hash, &bytes);
        Ok(bytes)
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        if self.settings.offline {
            return Err(format!(
                "cannot import {url}: the network is not to be used, and it is not in the cache; map it to a file under [modules] (--import-map)"
            ));
        }
        let agent = self.agent()?;
        // As k6 asks; servers may answer with a text made for it.
        let mark = if url.contains('?') { '&' } else { '?' };
        let marked = format!("{url}{mark}_k6=1");
        get(&agent, &marked).or_else(|first| match first {
            Fault::Slow(text) => Err(text),
            Fault::Other(_) => get(&agent, url).map_err(|(Fault::Slow(text) | Fault::Other(text))| text),
        }).map_err(|text| {
            format!("cannot fetch {url}: {text}; on a machine without a way there, map it to a file under [modules] (--import-map)")
        })
    }

    fn agent(&self) -> Result<Agent, String> {
        let mut agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = &*agent {
            return Ok(agent.clone());
        }
        Ok(agent.insert(fetch::agent(TIMEOUT, true)?).clone())
    }

    fn cached(&self, hash: &str) -> Option<PathBuf> {
        let folder = self.settings.cache.as_ref()?;
        Some(folder.join(format!("{}.js", hash.replace(':', "-"))))
    }

    /// A cache that cannot be written is slower, and no more than that.
    fn cache(&self, hash: &str, bytes: &[u8]) {
        let Some(path) = self.cached(hash) else {
            return;
        };
        if let Err(error) = write_whole(&path, bytes) {
            tracing::warn!(file = %path.display(), %error, "a module could not be written to the cache");
        }
    }

    fn locked_hash(&self, url: &str) -> Result<Option<String>, String> {
        let Some(path) = &self.settings.lock_file else {
            return Ok(None);
        };
        Ok(read_lock(path)?.remove(url))
    }

    fn lock(&self, url: &str, hash: &str) {
        let Some(path) = &self.settings.lock_file else {
            return;
        };
        let written = read_lock(path)
            .map_err(io::Error::other)
            .and_then(|mut lock| {
                lock.insert(url.to_owned(), hash.to_owned());
                let mut text = serde_json::to_string_pretty(&lock)?;
                text.push('\n');
                write_whole(path, text.as_bytes())
            });
        if let Err(error) = written {
            tracing::warn!(file = %path.display(), %error, url, hash, "the lock file of modules could not be written: the content of this address is not fixed");
        }
    }
}

enum Fault {
    /// Another try would take as long.
    Slow(String),
    Other(String),
}

fn get(agent: &Agent, url: &str) -> Result<Vec<u8>, Fault> {
    let describe = |error: ureq::Error| match error {
        ureq::Error::Timeout(_) => Fault::Slow(format!("no whole answer within {TIMEOUT:?}")),
        other => Fault::Other(other.to_string()),
    };
    let mut response = agent.get(url).call().map_err(describe)?;
    if response.status() != 200 {
        return Err(Fault::Other(format!(
            "the server answered {}",
            response.status()
        )));
    }
    response
        .body_mut()
        .with_config()
        .limit(MOST_BYTES)
        .read_to_vec()
        .map_err(describe)
}

fn hash_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn read_lock(path: &Path) -> Result<BTreeMap<String, String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| format!("the lock file {} cannot be read: {error}", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(format!(
            "the lock file {} cannot be read: {error}",
            path.display()
        )),
    }
}

/// Other processes see the old file or the new one, never a part.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    fs::write(&part, bytes)?;
    fs::rename(&part, path).inspect_err(|_| drop(fs::remove_file(&part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_is_read_or_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loadd.lock.json");
        assert_eq!(read_lock(&path), Ok(BTreeMap::new()));
        let sound = br#"{ "https://jslib.k6.io/a.js": "sha256:00ff" }"#;
        bolero::check!()
            .with_iterations(500)
            .with_type::<(u8, u8, Vec<u8>)>()
            .for_each(|(at, cut, with)| {
                let at = usize::from(*at) % sound.len();
                let end = (at + usize::from(*cut)).min(sound.len());
                fs::write(&path, [&sound[..at], with, &sound[end..]].concat()).unwrap();
                if let Err(message) = read_lock(&path) {
                    assert!(message.contains("loadd.lock.json"), "{message}");
                }
            });
    }
}
