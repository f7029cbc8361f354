//! A folder of modules, loaded and run.

use std::{fs, path::Path, sync::Arc};

use crate::kit::{World, limits};
use loadd_script::{Bundle, LoadSettings, ScriptError, Source};

pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn with(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn load(&self, main: &str) -> Result<Arc<Bundle>, ScriptError> {
        let settings = LoadSettings {
            limits: limits(),
            ..LoadSettings::default()
        };
        Bundle::load(&Source::File(self.path().join(main)), &settings).map(Arc::new)
    }

    /// What the default function returns, in a VU that finds no file any more.
    pub(crate) fn run(self, main: &str) -> String {
        let bundle = self.load(main).unwrap_or_else(|error| panic!("{error:?}"));
        self.0.close().unwrap();
        match World::of(&bundle, limits()).call() {
            Ok(Some(result)) => result,
            other => panic!("{other:?}"),
        }
    }
}

/// One main script beside other files.
pub(crate) fn run(main: &str, others: &[(&str, &str)]) -> String {
    let files: Vec<(&str, &str)> = [("main.js", main)]
        .into_iter()
        .chain(others.iter().copied())
        .collect();
    Folder::with(&files).run("main.js")
}

pub(crate) fn fail(main: &str, others: &[(&str, &str)]) -> ScriptError {
    let files: Vec<(&str, &str)> = [("main.js", main)]
        .into_iter()
        .chain(others.iter().copied())
        .collect();
    Folder::with(&files).load("main.js").unwrap_err()
}
