//! What the process finds around it: environment and host name. Taken once, so that everything later is a function of it.

use std::path::Path;

use serde_json::{Map, Value, json};

/// The process's surroundings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// Environment variables, sorted by name.
    pub(crate) vars: Vec<(String, String)>,
    /// Name of this machine.
    pub(crate) host: String,
    /// Milliseconds since the epoch.
    pub(crate) now_ms: i64,
    /// Whether the network is not to be used.
    pub(crate) offline: bool,
    /// Whether this program was started by the name `k6`.
    pub(crate) called_k6: bool,
}

impl Surroundings {
    /// Looks around.
    pub(crate) fn look() -> Surroundings {
        let mut vars: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        vars.sort();
        let host = hostname::get()
            .ok()
            .and_then(|name| name.into_string().ok())
            .unwrap_or_else(|| "localhost".into());
        Surroundings {
            vars,
            host,
            now_ms: jiff::Timestamp::now().as_millisecond(),
            offline: false,
            called_k6: std::env::args_os()
                .next()
                .is_some_and(|name| Path::new(&name).file_stem() == Some("k6".as_ref())),
        }
    }

    /// The same with a promise not to use the network.
    pub(crate) fn without_network(self) -> Surroundings {
        Surroundings {
            offline: true,
            ..self
        }
    }

    /// A variable's value.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.vars
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Variables with this prefix.
    pub(crate) fn with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        self.vars
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .cloned()
            .collect()
    }

    /// Pod name or host name.
    fn instance(&self) -> &str {
        let named = ["POD_NAME", "HOSTNAME"]
            .into_iter()
            .find_map(|name| self.var(name).filter(|name| !name.is_empty()));
        named.unwrap_or(&self.host)
    }

    /// Kubernetes' index of this pod: of an indexed job, or the ordinal of a stateful set.
    pub(crate) fn worker_index(&self) -> Option<u64> {
        if let Some(index) = self.var("JOB_COMPLETION_INDEX") {
            return index.parse().ok();
        }
        self.instance().rsplit_once('-')?.1.parse().ok()
    }

    /// The lowest layer: what is known without being told.
    pub(crate) fn defaults(&self, test_id: &str) -> Map<String, Value> {
        let defaults = json!({ "test_id": test_id, "instance": self.instance() });
        defaults.as_object().cloned().unwrap_or_default()
    }
}
