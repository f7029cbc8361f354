//! What all VUs of a bundle share: compiled modules, opened files, shared arrays.
//!
//! Filled by the first load, read by every VU's init. The locks are met in init only, and never held while the engine runs.

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;

use crate::{loader::files, modules, sys::qjs::Bytecode};

/// Whether files may still be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The first load runs.
    Loading,
    /// The bundle is finished: nothing new may be opened or imported.
    Loaded,
}

/// See the module's head.
pub(crate) struct Shared {
    /// Name of the main module.
    pub(crate) main: String,
    /// The main module's text, where it does not come from a file.
    main_text: Option<String>,
    import_map: BTreeMap<String, PathBuf>,
    loaded: AtomicBool,
    code: Mutex<BTreeMap<String, Arc<Bytecode>>>,
    /// Canonical path -> module name, so that one file is one module however it is spelt.
    names: Mutex<BTreeMap<PathBuf, String>>,
    files: Mutex<BTreeMap<String, Bytes>>,
    lists: Mutex<BTreeMap<String, Arc<SharedList>>>,
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
            import_map,
            loaded: AtomicBool::new(false),
            code: Mutex::default(),
            names: Mutex::default(),
            files: Mutex::default(),
            lists: Mutex::default(),
        }
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

    /// The module name that `specifier` means in the module named `base`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn resolve(&self, base: &str, specifier: &str) -> Result<String, String> {
        if base.is_empty() && specifier == self.main {
            return Ok(specifier.to_owned());
        }
        let name = match self.import_map.get(specifier) {
            Some(path) => files::normalize(path),
            None if modules::is_builtin(specifier)? => return Ok(specifier.to_owned()),
            None => files::resolve(base, specifier)?,
        };
        // Without a file system entry the name stays as it is, and reading it says what is wrong.
        let Ok(path) = std::fs::canonicalize(&name) else {
            return Ok(name);
        };
        Ok(lock(&self.names).entry(path).or_insert(name).clone())
    }

    pub(crate) fn compiled(&self, name: &str) -> Option<Arc<Bytecode>> {
        lock(&self.code).get(name).cloned()
    }

    pub(crate) fn keep_code(&self, name: &str, code: Bytecode) {
        lock(&self.code).insert(name.to_owned(), Arc::new(code));
    }

    /// The text of a module.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn source_of(&self, name: &str) -> Result<String, String> {
        if name == self.main
            && let Some(text) = &self.main_text
        {
            return Ok(text.clone());
        }
        let bytes = std::fs::read(name)
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
        let name = files::resolve_data(base, path);
        if let Some(bytes) = lock(&self.files).get(&name) {
            return Ok(bytes.clone());
        }
        if self.mode() == Mode::Loaded {
            return Err(format!(
                "open() of {name}: only files that were opened when the test was loaded (__VU == 0) can be opened now"
            ));
        }
        let bytes = std::fs::read(&name)
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
