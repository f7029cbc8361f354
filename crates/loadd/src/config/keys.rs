//! Which keys there are: read off the JSON Schema of the file's own structs, so that parser, schema and complaints agree.
//!
//! Keys are k6's option names in `snake_case`; k6's own spelling (`preAllocatedVUs`) is an alias of each.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What may stand at a place of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// A value that is looked at later.
    Any,
    /// Fixed keys.
    Table(BTreeMap<String, Shape>),
    /// Keys of the user's own.
    Map(Box<Shape>),
    /// A list.
    List(Box<Shape>),
}

/// Something about keys that somebody has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// Where.
    pub(crate) path: Vec<String>,
    /// The known key that looks most like it, if any does.
    pub(crate) nearest: Option<String>,
    /// Whether the key is known, but stands there in both its spellings.
    pub(crate) twice: bool,
}

impl Shape {
    /// Reads a schema as schemars makes it.
    pub(crate) fn of(schema: &Value) -> Shape {
        let none = Value::Null;
        read(schema, schema.get("$defs").unwrap_or(&none))
    }
}

fn read(schema: &Value, defs: &Value) -> Shape {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|reference| reference.rsplit('/').next())
    {
        return read(&defs[name], defs);
    }
    if let Some(properties) = schema["properties"].as_object() {
        // A room may list both spellings of a key; ours is the one in snake_case.
        let ours = |key: &str| to_snake(key) == key || !properties.contains_key(&to_snake(key));
        let keys = properties.iter().filter(|(key, _)| ours(key));
        return Shape::Table(
            keys.map(|(key, schema)| (key.clone(), read(schema, defs)))
                .collect(),
        );
    }
    if schema["additionalProperties"].is_object() {
        return Shape::Map(Box::new(read(&schema["additionalProperties"], defs)));
    }
    if schema["items"].is_object() {
        return Shape::List(Box::new(read(&schema["items"], defs)));
    }
    for choice in ["anyOf", "oneOf"] {
        let shapes = schema[choice]
            .as_array()
            .into_iter()
            .flatten()
            .map(|schema| read(schema, defs));
        if let Some(shape) = shapes.into_iter().find(|shape| *shape != Shape::Any) {
            return shape;
        }
    }
    Shape::Any
}

/// The map with known keys in their one spelling, and all that is not known. `listed` keys pass as they are. `renamed` hears
/// of each old and new path.
pub(crate) fn normalise(
    map: Map<String, Value>,
    shape: &Shape,
    listed: &dyn Fn(&[String]) -> bool,
    renamed: &mut dyn FnMut(&[String], &[String]),
) -> (Map<String, Value>, Vec<Unknown>) {
    let mut walk = Walk {
        unknown: Vec::new(),
        path: Vec::new(),
        listed,
        renamed,
    };
    let map = walk.map(map, shape);
    (map, walk.unknown)
}

struct Walk<'r> {
    unknown: Vec<Unknown>,
    path: Vec<String>,
    listed: &'r dyn Fn(&[String]) -> bool,
    renamed: &'r mut dyn FnMut(&[String], &[String]),
}

impl Walk<'_> {
    fn map(&mut self, map: Map<String, Value>, shape: &Shape) -> Map<String, Value> {
        let mut out = Map::new();
        for (key, value) in map {
            let known = match shape {
                Shape::Table(keys) => [key.clone(), to_snake(&key)]
                    .into_iter()
                    .find_map(|name| Some((name.clone(), keys.get(&name)?))),
                Shape::Map(inner) => Some((key.clone(), &**inner)),
                Shape::Any | Shape::List(_) => Some((key.clone(), &Shape::Any)),
            };
            let Some((name, inner)) = known else {
                let mut path = self.path.clone();
                path.push(key.clone());
                if (self.listed)(&path) {
                    out.insert(to_snake(&key), value);
                    continue;
                }
                self.unknown.push(Unknown {
                    path,
                    nearest: nearest(&key, shape),
                    twice: false,
                });
                continue;
            };
            self.path.push(key);
            if *self.path.last().expect("pushed just now") != name {
                let from = self.path.clone();
                self.path.pop();
                self.path.push(name.clone());
                (self.renamed)(&from, &self.path);
            }
            if out.contains_key(&name) {
                self.unknown.push(Unknown {
                    path: self.path.clone(),
                    nearest: None,
                    twice: true,
                });
            }
            let value = self.value(value, inner);
            self.path.pop();
            out.insert(name, value);
        }
        out
    }

    fn value(&mut self, value: Value, shape: &Shape) -> Value {
        match (value, shape) {
            (Value::Object(map), shape) => Value::Object(self.map(map, shape)),
            (Value::Array(list), Shape::List(inner)) => {
                let items = list.into_iter().enumerate().map(|(index, item)| {
                    self.path.push(index.to_string());
                    let item = self.value(item, inner);
                    self.path.pop();
                    item
                });
                Value::Array(items.collect())
            }
            (value, _) => value,
        }
    }
}

fn nearest(key: &str, shape: &Shape) -> Option<String> {
    let Shape::Table(keys) = shape else {
        return None;
    };
    let key = to_snake(key);
    keys.keys()
        .map(|known| (strsim::jaro_winkler(&key, known), known))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.clone())
}

/// `preAllocatedVUs` -> `pre_allocated_vus`, `insecureSkipTLSVerify` -> `insecure_skip_tls_verify`.
pub(crate) fn to_snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (index, &letter) in letters.iter().enumerate() {
        let upper = |offset: usize| {
            letters
                .get(index + offset)
                .is_some_and(char::is_ascii_uppercase)
        };
        let lower = |offset: usize| {
            letters
                .get(index + offset)
                .is_some_and(char::is_ascii_lowercase)
        };
        // In `VUs` and `IPs` the small s belongs to the abbreviation.
        let plural = letters.get(index + 1) == Some(&'s') && !lower(2);
        let begins_word = letter.is_ascii_uppercase()
            && index > 0
            && (!letters[index - 1].is_ascii_uppercase() || (lower(1) && !plural && !upper(1)));
        if begins_word && letters[index - 1] != '_' {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spelling_of_k6_is_an_alias_of_each_key() {
        for (camel, snake) in [
            ("vus", "vus"),
            ("preAllocatedVUs", "pre_allocated_vus"),
            ("maxVUs", "max_vus"),
            ("startVUs", "start_vus"),
            ("insecureSkipTLSVerify", "insecure_skip_tls_verify"),
            ("noVUConnectionReuse", "no_vu_connection_reuse"),
            ("blacklistIPs", "blacklist_ips"),
            ("gracefulRampDown", "graceful_ramp_down"),
            ("time_unit", "time_unit"),
        ] {
            assert_eq!(to_snake(camel), snake);
        }
    }
}
