//! What all VUs of a bundle share: compiled modules, opened files, shared arrays.
//!
//! Filled by the first load, read by every VU's init. The locks are met in init only, and never held while the engine runs.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;

use super::{
    disk::Disk,
    units::{Unit, Units},
};
use crate::{
    SecretSources,
    loader::{
        files, graph,
        import_map::ImportMap,
        parse::Names,
        positions::{Positions, translate_line},
        remote::{Remote, RemoteModules},
    },
    modules::{self, NAMES_ONLY},
};

pub(crate) use crate::exception::Place;

/// Whether files may still be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The first load runs.
    Loading,
    /// The bundle is finished: nothing new may be opened or imported.
    Loaded,
}

/// Why a module cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadFault {
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
}

impl LoadFault {
    pub(crate) fn new(message: impl Into<String>) -> LoadFault {
        LoadFault {
            message: message.into(),
            place: None,
        }
    }
}

/// See the module's head.
pub(crate) struct Shared {
    /// Name of the main module.
    pub(crate) main: String,
    /// The main module's text, where it does not come from a file.
    main_text: Option<String>,
    import_map: ImportMap,
    remote: Remote,
    disk: Disk,
    loaded: AtomicBool,
    pub(crate) units: Units,
    /// Canonical path -> module name, so that one file is one module however it is spelt.
    names: Mutex<BTreeMap<PathBuf, String>>,
    files: Mutex<BTreeMap<String, Bytes>>,
    lists: Mutex<BTreeMap<String, Arc<SharedList>>>,
    /// Sources of `k6/secrets`.
    pub(crate) secrets: SecretSources,
    /// Whether `global` is left out.
    pub(crate) no_global: bool,
    /// Whether `__ENV` is frozen.
    pub(crate) frozen_env: bool,
    /// See [`Bundle::write_back`](super::Bundle::write_back).
    pub(crate) written_options: OnceLock<String>,
    /// Heap that the first load left behind: every VU begins with as much, and measuring walks a whole heap.
    pub(crate) heap_after_init: OnceLock<u64>,
}

/// A `SharedArray`: the JSON text of each element, each followed by a NUL byte so that it can be parsed in place.
pub(crate) struct SharedList {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl SharedList {
    pub(crate) fn new() -> SharedList {
        SharedList {
            text: Vec::new(),
            ends: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, json: &str) {
        self.text.extend_from_slice(json.as_bytes());
        self.text.push(0);
        self.ends.push(self.text.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Text of one element with its NUL byte.
    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Some(&self.text[start..end])
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("main", &self.main)
            .finish_non_exhaustive()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every value behind these locks is whole after each statement, so a panic elsewhere leaves nothing half-done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(
        main: String,
        main_text: Option<String>,
        import_map: BTreeMap<String, PathBuf>,
    ) -> Shared {
        Shared {
            main,
            main_text,
            import_map: ImportMap::new(import_map),
            remote: Remote::default(),
            disk: Disk::default(),
            loaded: AtomicBool::new(false),
            units: Units::default(),
            names: Mutex::default(),
            files: Mutex::default(),
            lists: Mutex::default(),
            secrets: SecretSources::default(),
            no_global: false,
            frozen_env: false,
            written_options: OnceLock::new(),
            heap_after_init: OnceLock::new(),
        }
    }

    /// With files from elsewhere than the disk, or kept for an archive.
    pub(crate) fn on(mut self, disk: Disk) -> Shared {
        self.disk = disk;
        self
    }

    /// Everything that was read, by module name or path; kept only where it was asked for.
    pub(super) fn sources(&self) -> BTreeMap<String, Bytes> {
        let mut sources = self.disk.kept();
        if let Some(text) = &self.main_text {
            sources.insert(self.main.clone(), Bytes::copy_from_slice(text.as_bytes()));
        }
        sources
    }

    /// With a way to modules over `https://`.
    pub(crate) fn fetching(mut self, remote: RemoteModules) -> Shared {
        self.remote = Remote::new(remote);
        self
    }

    /// Without the alias `global`, where that is asked for.
    pub(crate) fn without_global(mut self, without: bool) -> Shared {
        self.no_global = without;
        self
    }

    /// With an `__ENV` that scripts cannot change, where that is asked for.
    pub(crate) fn freezing_env(mut self, freezing: bool) -> Shared {
        self.frozen_env = freezing;
        self
    }

    /// With sources of secrets.
    pub(crate) fn with_secrets(mut self, secrets: SecretSources) -> Shared {
        self.secrets = secrets;
        self
    }

    pub(crate) fn mode(&self) -> Mode {
        if self.loaded.load(Ordering::Acquire) {
            Mode::Loaded
        } else {
            Mode::Loading
        }
    }

    pub(crate) fn finish_loading(&self) {
        self.loaded.store(true, Ordering::Release);
    }

    /// Before another first load (see [`Units::must_restart`]): what the last one made with wrong names is gone.
    pub(crate) fn restart_loading(&self) {
        self.units.restart();
        lock(&self.lists).clear();
    }

    /// Whether the module is the text from standard input.
    pub(crate) fn is_standard_input(&self, name: &str) -> bool {
        self.main_text.is_some() && name == self.main
    }

    /// The module name that `specifier` means in the module named `base`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn resolve(&self, base: &str, specifier: &str) -> Result<String, String> {
        if base.is_empty() && specifier == self.main {
            return Ok(specifier.to_owned());
        }
        let mapped = specifier.strip_suffix(NAMES_ONLY).unwrap_or(specifier);
        let name = match self.import_map.find(mapped) {
            Some(path) => files::normalize(&path),
            None if modules::is_builtin(specifier)? => return Ok(specifier.to_owned()),
            None => files::resolve(base, specifier)?,
        };
        let name = match self.import_map.find(&name) {
            Some(path) if files::is_url(&name) => files::normalize(&path),
            Some(_) | None => name,
        };
        if files::is_url(&name) {
            return Ok(name);
        }
        // Without a file system entry the name stays as it is, and reading it says what is wrong.
        let Ok(path) = self.disk.canonicalize(&name) else {
            return Ok(name);
        };
        Ok(lock(&self.names).entry(path).or_insert(name).clone())
    }

    /// Makes a module and all that it imports known. Blocks; in the first load only.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(crate) fn prepare(&self, name: &str) -> Result<(), LoadFault> {
        graph::prepare(self, name)
    }

    pub(crate) fn unit(&self, name: &str) -> Option<Arc<Unit>> {
        self.units.get(name)
    }

    pub(crate) fn keep_unit(&self, name: &str, unit: Unit) {
        self.units.keep(name, unit);
    }

    pub(crate) fn want(&self, module: &str, names: &Names) {
        self.units.want(module, names);
    }

    pub(crate) fn keep_positions(&self, module: &str, positions: Positions) {
        self.units.keep_positions(module, positions);
    }

    /// The names that the engine is to give `module` as exports.
    pub(crate) fn declared_exports(&self, module: &str) -> Vec<String> {
        match self.mode() {
            Mode::Loading => self.units.declare(module),
            Mode::Loaded => self.units.exports(module),
        }
    }

    /// Whether a built-in module is to be declared with this name: each costs a VU memory, and most of them nobody imports.
    pub(crate) fn may_want(&self, module: &str, name: &str) -> bool {
        self.mode() == Mode::Loading || self.units.may_want(module, name)
    }

    /// A stack line with the place in the file as the user wrote it.
    pub(crate) fn shown_line(&self, line: &str) -> String {
        translate_line(line, |file, line, column| {
            let positions = self.units.positions(file)?;
            let (file, line, column) = positions.translate(line, column)?;
            Some((file.to_owned(), line, column))
        })
    }

    /// The text of a module. Blocks.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn source_of(&self, name: &str) -> Result<String, String> {
        if name == self.main
            && let Some(text) = &self.main_text
        {
            return Ok(text.clone());
        }
        if files::is_url(name) && !self.disk.is_archive() {
            let text = self.remote.text(name)?;
            self.disk.keep(name, text.as_bytes());
            return Ok(text);
        }
        let bytes = self
            .disk
            .read(name)
            .map_err(|error| format!("cannot read {name}: {}", reason(&error)))?;
        String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))
    }

    /// The contents of a file for `open`: read once, shared by all VUs.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn open(&self, base: &str, path: &str) -> Result<Bytes, String> {
        if path.is_empty() {
            return Err("open() needs a file name".to_owned());
        }
        if files::is_url(base) && !path.starts_with('/') && !path.starts_with("file://") {
            return Err(format!(
                "open() of {path}: {base} came over https:// and has no files beside it"
            ));
        }
        let name = files::resolve_data(base, path);
        if let Some(bytes) = lock(&self.files).get(&name) {
            return Ok(bytes.clone());
        }
        let absent = |error: io::Error| format!("stat {name}: {}", reason(&error));
        self.disk.canonicalize(&name).map_err(absent)?;
        if self.mode() == Mode::Loaded {
            return Err(format!(
                "open() of {name}: only files that were opened when the test was loaded (__VU == 0) can be opened now"
            ));
        }
        let bytes = self
            .disk
            .read(&name)
            .map(Bytes::from)
            .map_err(|error| format!("open {name}: {}", reason(&error)))?;
        lock(&self.files).insert(name, bytes.clone());
        Ok(bytes)
    }

    pub(crate) fn list(&self, name: &str) -> Option<Arc<SharedList>> {
        lock(&self.lists).get(name).cloned()
    }

    /// Keeps a list under its name; the first one stays.
    pub(crate) fn keep_list(&self, name: &str, list: SharedList) -> Arc<SharedList> {
        Arc::clone(
            lock(&self.lists)
                .entry(name.to_owned())
                .or_insert_with(|| Arc::new(list)),
        )
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}
