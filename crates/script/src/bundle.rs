//! A script and all that it imports, compiled once and shared by all VUs.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use loadd_metrics::{Contains, Kind};

mod disk;
mod first_load;
mod shared;
mod units;

pub use crate::loader::remote::RemoteModules;
pub use disk::ScriptFiles;
pub(crate) use first_load::Facts;
pub(crate) use shared::{LoadFault, Mode, Place, Shared, SharedList};
pub(crate) use units::Unit;

/// Where the main script comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file, or an `https://` address.
    File(PathBuf),
    /// Text from standard input; imports resolve against the working directory.
    Stdin(String),
    /// An archive: the main script and all that it may import or open. There is no other file system.
    Archive(Arc<ScriptFiles>),
}

/// What the first load needs to know.
#[derive(Debug, Clone, Default)]
pub struct LoadSettings {
    /// `__ENV`.
    pub env: Vec<(String, String)>,
    /// Import map: specifier -> file, or a prefix that ends with a slash -> folder.
    pub import_map: BTreeMap<String, PathBuf>,
    /// Where modules that come over `https://` are kept.
    pub remote: RemoteModules,
    /// Heap, stack, script time, slice.
    pub limits: Limits,
    /// Sources of `k6/secrets`.
    pub secrets: crate::SecretSources,
    /// Whether everything that is read is kept for [`Bundle::sources`].
    pub keep_sources: bool,
    /// `--compatibility-mode base`: scripts find no `global`.
    pub without_global: bool,
    /// k6's feature `freeze-env`: scripts cannot change `__ENV`.
    pub freeze_env: bool,
}

/// Bounds on a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Heap of one VU's script in bytes.
    pub memory_bytes: u64,
    /// Longest run of script code between two waits; `None`: no bound.
    pub script_time: Option<std::time::Duration>,
    /// After how long a run the neighbours get their turn.
    pub slice: std::time::Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory_bytes: 128 << 20,
            script_time: Some(std::time::Duration::from_secs(10)),
            slice: std::time::Duration::from_millis(5),
        }
    }
}

/// A compiled script with what its first run of init showed. `Send + Sync`; VUs share it by `Arc`.
#[derive(Debug)]
pub struct Bundle {
    /// The exported `options` as JSON; an empty object where there are none.
    pub options: serde_json::Value,
    /// Names of the exported functions.
    pub functions: std::collections::BTreeSet<String>,
    /// Custom metrics that init declared, in order.
    pub metrics: Vec<MetricDeclaration>,
    /// Main script as shown in messages.
    pub display_name: String,
    /// Console lines of the first init run, in order.
    pub console: Vec<(crate::ConsoleLevel, String)>,
    pub(crate) shared: Arc<Shared>,
}

/// One `new Counter(..)` of the init code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricDeclaration {
    /// Metric name.
    pub name: String,
    /// Counter, gauge, rate, trend.
    pub kind: Kind,
    /// Time or plain numbers.
    pub contains: Contains,
}

/// Why a script cannot be loaded, with its place in the user's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// What is wrong.
    pub message: String,
    /// File as the user knows it.
    pub file: Option<String>,
    /// 1-based.
    pub line: Option<u32>,
    /// 1-based.
    pub column: Option<u32>,
    /// Stack lines, where an exception was thrown.
    pub stack: String,
    /// What to do, where there is a good answer.
    pub help: Option<String>,
    /// Whether init code called `exec.test.abort` (exit code 108 instead of 107).
    pub aborted: bool,
    /// Whether it is neither an exception nor a text that cannot be read: k6 has no code of its own for it (255).
    pub uncoded: bool,
}

impl Bundle {
    /// Reads, compiles and runs init once (`__VU` 0), on a stack of its own. Blocks; no network but `https://` imports.
    ///
    /// # Errors
    /// Unreadable file, syntax error, missing import, throw in init, no exported function.
    pub fn load(source: &Source, settings: &LoadSettings) -> Result<Bundle, ScriptError> {
        first_load::load(source, settings)
    }

    /// The main script and everything that init has imported or opened, by name as the user knows it. Empty unless
    /// [`LoadSettings::keep_sources`] was set.
    #[must_use]
    pub fn sources(&self) -> BTreeMap<String, bytes::Bytes> {
        self.shared.sources()
    }
}

impl Bundle {
    /// What the layers above the script have set of its options, by k6's keys: every VU finds it on its `options` object.
    pub fn write_back(&self, options: &serde_json::Map<String, serde_json::Value>) {
        if !options.is_empty() {
            let text = serde_json::Value::Object(options.clone()).to_string();
            drop(self.shared.written_options.set(text));
        }
    }
}

impl ScriptError {
    /// An error without a place.
    pub(crate) fn new(message: impl Into<String>) -> ScriptError {
        ScriptError {
            message: message.into(),
            file: None,
            line: None,
            column: None,
            stack: String::new(),
            help: None,
            aborted: false,
            uncoded: false,
        }
    }
}
