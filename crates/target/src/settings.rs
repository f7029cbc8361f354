//! What can be set about the demo service. Knows no file and no command line.

use std::num::{NonZeroU16, NonZeroU64};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the demo service: the table `[target]`, and the flags of `loadd target`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSettings {
    /// Address to listen on, `host:port`; port 0 lets the system choose.
    pub listen: String,
    /// Worker threads; absent: one per core that the process may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<NonZeroU16>,
    /// Seed of delays and errors; absent: a new one at every start. `/stats` shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<NonZeroU64>,
}

impl TargetSettings {
    /// Settings with nothing but an address.
    #[must_use]
    pub fn on(listen: impl Into<String>) -> TargetSettings {
        TargetSettings {
            listen: listen.into(),
            threads: None,
            seed: None,
        }
    }

    pub(crate) fn worker_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads
            .map_or_else(cores, |threads| usize::from(threads.get()))
    }
}
