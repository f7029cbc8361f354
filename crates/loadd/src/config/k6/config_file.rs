//! k6's JSON config file, and k6's experimental features.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::RunRequest;
use crate::config::{
    problem::{Origin, Problem},
    surroundings::Surroundings,
};

/// k6's JSON config file: options, and what is beside them.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    pub(super) options: Map<String, Value>,
    pub(super) out: Vec<String>,
    pub(super) linger: Option<bool>,
    pub(super) web_dashboard: bool,
    pub(super) features: Vec<String>,
    pub(super) collectors: Map<String, Value>,
}

impl ConfigFile {
    /// The named file, or k6's default one where it is there.
    pub(super) fn read(named: Option<&Path>, around: &Surroundings) -> Result<ConfigFile, Problem> {
        let default = || {
            let folder = around
                .var("XDG_CONFIG_HOME")
                .filter(|path| !path.is_empty());
            let home = || Some(Path::new(around.var("HOME")?).join(".config"));
            let folder = folder.map(PathBuf::from).or_else(home)?;
            Some(folder.join("k6/config.json"))
        };
        let named = named.filter(|path| !path.as_os_str().is_empty());
        let Some(path) = named.map(Path::to_owned).or_else(default) else {
            return Ok(ConfigFile::default());
        };
        let wrong =
            |message: String| Problem::new("", Origin::Flag(path.display().to_string()), message);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(_) if named.is_none() => return Ok(ConfigFile::default()),
            Err(error) => return Err(wrong(format!("cannot read the config file: {error}"))),
        };
        let mut map: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("the config file is not JSON: {error}")))?;
        let texts = |value: Option<Value>| match value {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(value) => serde_json::from_value::<Vec<String>>(value),
        };
        let truth = |value: Option<Value>| match value {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value::<bool>(value).map(Some),
        };
        let of = |key: &str| {
            let key = key.to_owned();
            let path = path.clone();
            move |error: serde_json::Error| {
                Problem::new(
                    key,
                    Origin::Flag(path.display().to_string()),
                    error.to_string(),
                )
            }
        };
        let collectors = match map.remove("collectors") {
            Some(Value::Object(collectors)) => collectors,
            Some(Value::Null) | None => Map::new(),
            Some(_) => return Err(wrong("collectors: must be an object".to_owned())),
        };
        Ok(ConfigFile {
            out: texts(map.remove("out")).map_err(of("out"))?,
            linger: truth(map.remove("linger")).map_err(of("linger"))?,
            web_dashboard: truth(map.remove("webDashboard")).map_err(of("webDashboard"))?
                == Some(true),
            features: texts(map.remove("features")).map_err(of("features"))?,
            collectors,
            options: map,
            path,
        })
    }
}

/// Experimental features of k6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Features {
    pub(super) merge_run_tags: bool,
    pub(super) freeze_env: bool,
}

impl Features {
    /// The highest of command line, environment and config file that is set decides alone.
    pub(super) fn read(request: &RunRequest, around: &Surroundings, file: &ConfigFile) -> Features {
        let variable = || {
            let text = around.var("K6_FEATURES").filter(|text| !text.is_empty());
            text.map(|text| text.split(',').map(|name| name.trim().to_owned()).collect())
        };
        let flags = || (!request.features.is_empty()).then(|| request.features.clone());
        let names: Vec<String> = flags()
            .or_else(variable)
            .unwrap_or_else(|| file.features.clone());
        let mut features = Features::default();
        for name in &names {
            match name.as_str() {
                "merge-run-tags" => {
                    features.merge_run_tags = true;
                    tracing::info!("feature merge-run-tags is on");
                }
                "native-histograms" => {
                    tracing::info!("feature native-histograms is on, as it always is in loadd");
                }
                "freeze-env" => {
                    features.freeze_env = true;
                    tracing::info!("feature freeze-env is on");
                }
                other => tracing::error!(
                    "unknown feature {other:?}; there are native-histograms, merge-run-tags and freeze-env"
                ),
            }
        }
        features
    }
}
