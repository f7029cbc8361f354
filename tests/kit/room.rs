//! A temporary folder with the files of one test.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A temporary folder; gone when the test is over. `LOADD_KEEP=1` keeps it and names it, to look at afterwards.
#[derive(Debug)]
pub struct Room {
    path: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

impl Default for Room {
    fn default() -> Self {
        Room::new()
    }
}

impl Room {
    /// An empty folder.
    ///
    /// # Panics
    /// When none can be made.
    #[must_use]
    pub fn new() -> Room {
        let folder = tempfile::Builder::new()
            .prefix("loadd-test-")
            .tempdir()
            .expect("the temporary folder takes a folder");
        if std::env::var_os("LOADD_KEEP").is_some() {
            let path = folder.keep();
            eprintln!("kept: {}", path.display());
            return Room {
                path,
                _folder: None,
            };
        }
        Room {
            path: folder.path().to_owned(),
            _folder: Some(folder),
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file, with the folders above it, and gives its path.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).expect("a folder can be made in the test's own folder");
        }
        fs::write(&path, text).expect("a file can be written in the test's own folder");
        path
    }
}
