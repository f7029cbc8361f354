//! The layers of a config, laid over each other by figment: each value of the result knows the layer that set it.
//!
//! What takes the place of something in a lower layer as a whole (k6's execution keys; for `loadd run` every key) is erased
//! there before figment merges the rest key by key.

use std::path::PathBuf;

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Map as Profiles, Value as Rich},
};
use serde_json::{Map, Value};

use super::{locate::Places, problem::Origin};

/// k6's keys that say how much is to be done. A layer that sets one of them at the top takes the place of all of them below.
const EXECUTION: [&str; 5] = ["vus", "duration", "iterations", "stages", "scenarios"];

/// How layers meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The daemon's: deep, per key; a short cut replaces the scenarios below.
    Deep,
    /// `loadd run`, as k6: a key is replaced as a whole, the execution keys go together (but for `vus`).
    Whole {
        /// Feature `merge-run-tags`: `tags` are laid over each other key by key.
        merge_tags: bool,
    },
}

/// Who speaks.
#[derive(Debug, Clone)]
pub(crate) enum Voice {
    /// Built in or derived from the surroundings.
    Defaults,
    /// The script's options, by the script's name.
    Script(String),
    /// The TOML file.
    File(PathBuf, Places),
    /// k6's JSON config file.
    Json(PathBuf),
    /// Environment variables: prefix and the text between levels.
    Env(&'static str),
    /// The command line: which flag set which key.
    Flags(Vec<(&'static str, &'static str)>),
}

/// One layer: canonical keys, no nulls.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// Who speaks.
    pub(crate) voice: Voice,
    /// What is said.
    pub(crate) map: Map<String, Value>,
}

impl Layer {
    /// A layer; nulls mean that nothing is said.
    pub(crate) fn new(voice: Voice, map: Map<String, Value>) -> Layer {
        Layer {
            voice,
            map: without_nulls(map),
        }
    }

    /// Where this layer has this key.
    pub(crate) fn origin(&self, path: &[String]) -> Origin {
        match &self.voice {
            Voice::Defaults => Origin::Default,
            Voice::Script(name) => Origin::Script(name.clone()),
            Voice::Json(path) => Origin::Flag(path.display().to_string()),
            Voice::File(file, places) => {
                let (line, column) = places.find(path);
                Origin::File {
                    path: file.clone(),
                    line,
                    column,
                }
            }
            Voice::Env(prefix) => {
                let separator = if *prefix == "LOADD_" { "__" } else { "_" };
                Origin::Env(format!("{prefix}{}", path.join(separator).to_uppercase()))
            }
            Voice::Flags(flags) => {
                let top = path.first().map_or("", String::as_str);
                let flag = flags
                    .iter()
                    .find(|(key, _)| *key == top)
                    .map_or("command line", |(_, flag)| flag);
                Origin::Flag(flag.to_owned())
            }
        }
    }

    /// k6's name of a level.
    fn level(&self) -> &'static str {
        match self.voice {
            Voice::Defaults | Voice::File(..) | Voice::Json(_) => "config file",
            Voice::Script(_) => "options",
            Voice::Env(_) => "environment",
            Voice::Flags(_) => "cli",
        }
    }

    fn name(&self) -> String {
        match &self.voice {
            Voice::Defaults => "the defaults".to_owned(),
            Voice::Script(name) => format!("the options of {name}"),
            Voice::File(path, _) | Voice::Json(path) => path.display().to_string(),
            Voice::Env(_) => "the environment".to_owned(),
            Voice::Flags(_) => "the command line".to_owned(),
        }
    }
}

fn without_nulls(map: Map<String, Value>) -> Map<String, Value> {
    map.into_iter()
        .filter_map(|(key, value)| match value {
            Value::Null => None,
            Value::Object(map) => Some((key, Value::Object(without_nulls(map)))),
            value => Some((key, value)),
        })
        .collect()
}

/// A layer as figment sees it: its number is its name, by which the origin is found again.
struct Numbered<'l>(usize, &'l Layer);

impl Provider for Numbered<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0.to_string())
    }

    fn data(&self) -> Result<Profiles<Profile, Dict>, figment::Error> {
        let value = Rich::serialize(&self.1.map)?;
        let dict = value
            .into_dict()
            .ok_or_else(|| figment::Error::from("a layer is a table".to_owned()))?;
        Ok(Profiles::from([(Profile::Default, dict)]))
    }
}

/// All layers laid over each other.
#[derive(Debug)]
pub(crate) struct Merged {
    layers: Vec<Layer>,
    figment: Figment,
    dict: Dict,
    /// The values, for those who parse them.
    pub(crate) map: Map<String, Value>,
    /// What has taken the place of what, to be said aloud.
    pub(crate) notices: Vec<String>,
}

impl Merged {
    /// Lays the layers over each other, lowest first.
    pub(crate) fn of(mut layers: Vec<Layer>, manner: Manner) -> Merged {
        let mut notices = Vec::new();
        for index in 1..layers.len() {
            let (below, from) = layers.split_at_mut(index);
            erase(below, &from[0], manner, &mut notices);
        }
        let figment = layers
            .iter()
            .enumerate()
            .fold(Figment::new(), |figment, (index, layer)| {
                figment.merge(Numbered(index, layer))
            });
        let dict = figment
            .data()
            .ok()
            .and_then(|mut data| data.remove(&Profile::Default))
            .unwrap_or_default();
        let map = figment.extract().unwrap_or_default();
        Merged {
            layers,
            figment,
            dict,
            map,
            notices,
        }
    }

    /// What some layers say by themselves.
    pub(crate) fn alone(&self, of: impl Fn(&Voice) -> bool) -> Merged {
        let layers = self.layers.iter().filter(|layer| of(&layer.voice));
        Merged::of(layers.cloned().collect(), Manner::Deep)
    }

    /// Adds a value that no layer has.
    pub(crate) fn add(&mut self, key: &str, value: Value, voice: Voice) {
        self.map.insert(key.to_owned(), value.clone());
        let layer = Layer::new(voice, Map::from_iter([(key.to_owned(), value)]));
        let figment = std::mem::take(&mut self.figment);
        self.figment = figment.merge(Numbered(self.layers.len(), &layer));
        self.layers.push(layer);
        self.dict = self
            .figment
            .data()
            .ok()
            .and_then(|mut data| data.remove(&Profile::Default))
            .unwrap_or_default();
    }

    /// Where the value of a key, or of the nearest one above it, was set.
    pub(crate) fn origin(&self, path: &[String]) -> Origin {
        let mut found = None;
        let mut dict = Some(&self.dict);
        for (depth, key) in path.iter().enumerate() {
            let Some(value) = dict.and_then(|dict| dict.get(key)) else {
                break;
            };
            found = Some((depth + 1, value));
            dict = value.as_dict();
        }
        let Some((depth, value)) = found else {
            return Origin::Default;
        };
        // A list's items have no layer of their own: the list has one, and the file's places know the item's line.
        let path = if dict.is_none() { path } else { &path[..depth] };
        self.layer_of(value)
            .map_or(Origin::Default, |layer| layer.origin(path))
    }

    fn layer_of(&self, value: &Rich) -> Option<&Layer> {
        let metadata = self.figment.get_metadata(value.tag());
        match metadata {
            Some(metadata) => self.layers.get(metadata.name.parse::<usize>().ok()?),
            // A table that several layers have built up has no tag: any of its values will do, the highest layer first.
            None => value
                .as_dict()?
                .values()
                .filter_map(|value| self.layer_of(value))
                .next_back(),
        }
    }
}

fn erase(below: &mut [Layer], layer: &Layer, manner: Manner, notices: &mut Vec<String>) {
    let sets = |keys: &'static [&'static str]| {
        keys.iter()
            .copied()
            .find(|key| layer.map.contains_key(*key))
    };
    let gone: Vec<String> = match manner {
        Manner::Whole { merge_tags } => {
            let empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
            let replaces = |(key, value): (&String, &Value)| {
                // `dns` merges its three parts.
                let stays = key == "dns" || (key == "tags" && (merge_tags || empty(value)));
                (!stays).then(|| key.clone())
            };
            let mut gone: Vec<String> = layer.map.iter().filter_map(replaces).collect();
            if sets(&EXECUTION[1..]).is_some() {
                gone.extend(EXECUTION[1..].iter().map(|key| (*key).to_owned()));
            }
            gone
        }
        Manner::Deep if sets(&EXECUTION[..4]).is_some() => {
            EXECUTION.iter().map(|key| (*key).to_owned()).collect()
        }
        Manner::Deep => Vec::new(),
    };
    for lower in below {
        let had = lower
            .map
            .get("scenarios")
            .is_some_and(|scenarios| scenarios.as_object().is_some_and(|map| !map.is_empty()));
        for key in &gone {
            lower.map.remove(key);
        }
        if had && !lower.map.contains_key("scenarios") {
            let key = sets(&EXECUTION).unwrap_or("scenarios");
            notices.push(match manner {
                Manner::Whole { .. } => format!(
                    "\"{}\" level configuration overrode scenarios configuration entirely",
                    layer.level()
                ),
                Manner::Deep => format!(
                    "{key} of {} takes the place of all scenarios of {}",
                    layer.name(),
                    lower.name()
                ),
            });
        }
    }
}

/// Environment variables `LOADD_A__B=value` as a layer's map. Lists, tables and truth values are read by figment's rules,
/// everything else stays text, since numbers may be given as text everywhere. Names under `env` keep their case.
pub(crate) fn from_env(vars: &[(String, String)]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, text) in vars {
        let Some(rest) = name.strip_prefix("LOADD_") else {
            continue;
        };
        let mut keys: Vec<String> = rest.split("__").map(str::to_lowercase).collect();
        let own = matches!(keys[0].as_str(), "env" | "labels" | "tags") && keys.len() > 1;
        if keys[0] == "env" {
            keys.splice(1.., rest.split("__").skip(1).map(str::to_owned));
        }
        let structured = text == "true" || text == "false" || text.starts_with(['[', '{']);
        let value = if structured && !own {
            let value: Rich = text
                .parse()
                .unwrap_or_else(|never: std::convert::Infallible| match never {});
            serde_json::to_value(&value).unwrap_or_else(|_| Value::String(text.clone()))
        } else {
            Value::String(text.clone())
        };
        insert(&mut map, &keys, value);
    }
    map
}

/// Puts a value at a path; what stands in the way is replaced.
pub(crate) fn insert(map: &mut Map<String, Value>, keys: &[String], value: Value) {
    let Some((first, rest)) = keys.split_first() else {
        return;
    };
    if rest.is_empty() {
        map.insert(first.clone(), value);
        return;
    }
    let inner = map
        .entry(first.clone())
        .or_insert_with(|| Value::Object(Map::new()));
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        insert(inner, rest, value);
    }
}
