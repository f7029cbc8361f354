//! A TOML text as JSON values, and the line and column of every key in it. figment names file and key, not the line.

use std::{collections::BTreeMap, ops::Range};

use serde_json::{Map, Value};
use toml_edit::{Document, Item, TableLike, Value as Toml};

/// Where each key stands in the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    places: BTreeMap<Vec<String>, (usize, usize)>,
}

/// Why a text is no TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The parser's words, on one line.
    pub(crate) message: String,
    /// 1-based.
    pub(crate) line: usize,
    /// 1-based.
    pub(crate) column: usize,
}

impl Places {
    /// Parses a text.
    pub(crate) fn read(text: &str) -> Result<(Map<String, Value>, Places), Malformed> {
        let document = Document::parse(text).map_err(|error| {
            let (line, column) = line_column(text, error.span().map_or(0, |span| span.start));
            Malformed {
                message: error.message().trim().replace('\n', "; "),
                line,
                column,
            }
        })?;
        let mut reader = Reader {
            text,
            places: Places::default(),
            path: Vec::new(),
        };
        let map = reader.table(document.as_table());
        Ok((map, reader.places))
    }

    /// Line and column of a key, or of the nearest one above it.
    pub(crate) fn find(&self, path: &[String]) -> (usize, usize) {
        (0..=path.len())
            .rev()
            .find_map(|end| self.places.get(&path[..end]))
            .copied()
            .unwrap_or((1, 1))
    }

    /// Says that a key is now called differently.
    pub(crate) fn rename(&mut self, from: &[String], to: &[String]) {
        let under: Vec<_> = self
            .places
            .range(from.to_vec()..)
            .map(|(path, _)| path.clone())
            .collect();
        for path in under.into_iter().take_while(|path| path.starts_with(from)) {
            if let Some(place) = self.places.remove(&path) {
                self.places.insert(
                    to.iter().chain(&path[from.len()..]).cloned().collect(),
                    place,
                );
            }
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    places: Places,
    path: Vec<String>,
}

impl Reader<'_> {
    fn table(&mut self, table: &dyn TableLike) -> Map<String, Value> {
        let mut map = Map::new();
        for (name, item) in table.iter() {
            self.path.push(name.to_owned());
            let span = table
                .key(name)
                .and_then(toml_edit::Key::span)
                .or_else(|| item.span());
            self.note(span);
            if let Some(value) = self.item(item) {
                map.insert(name.to_owned(), value);
            }
            self.path.pop();
        }
        map
    }

    fn note(&mut self, span: Option<Range<usize>>) {
        if let Some(span) = span {
            self.places
                .places
                .insert(self.path.clone(), line_column(self.text, span.start));
        }
    }

    fn item(&mut self, item: &Item) -> Option<Value> {
        match item {
            Item::None => None,
            Item::Value(value) => Some(self.value(value)),
            Item::Table(table) => Some(Value::Object(self.table(table))),
            Item::ArrayOfTables(tables) => {
                let list = tables.iter().enumerate().map(|(index, table)| {
                    self.path.push(index.to_string());
                    self.note(table.span());
                    let value = Value::Object(self.table(table));
                    self.path.pop();
                    value
                });
                Some(Value::Array(list.collect()))
            }
        }
    }

    fn value(&mut self, value: &Toml) -> Value {
        match value {
            Toml::String(text) => Value::String(text.value().clone()),
            Toml::Integer(number) => (*number.value()).into(),
            Toml::Float(number) => {
                serde_json::Number::from_f64(*number.value()).map_or(Value::Null, Value::Number)
            }
            Toml::Boolean(yes) => (*yes.value()).into(),
            Toml::Datetime(time) => Value::String(time.value().to_string()),
            Toml::InlineTable(table) => Value::Object(self.table(table)),
            Toml::Array(array) => {
                let list = array.iter().enumerate().map(|(index, value)| {
                    self.path.push(index.to_string());
                    self.note(value.span());
                    let value = self.value(value);
                    self.path.pop();
                    value
                });
                Value::Array(list.collect())
            }
        }
    }
}

fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(dotted: &str) -> Vec<String> {
        dotted.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn every_key_knows_its_line_and_column() {
        let text = "script = \"a.js\"\n[scenarios.browse]\n  rate = 5\n\n[remote_write]\nspool = { path = \"é\", max_bytes = 1 }\n";
        let (map, places) = Places::read(text).unwrap();
        assert_eq!(map["scenarios"]["browse"]["rate"], 5);
        for (key, place) in [
            ("script", (1, 1)),
            ("scenarios.browse", (2, 12)),
            ("scenarios.browse.rate", (3, 3)),
            ("scenarios.browse.rate.deeper", (3, 3)),
            ("remote_write.spool.max_bytes", (6, 23)),
        ] {
            assert_eq!(places.find(&path(key)), place, "{key}");
        }
    }

    #[test]
    fn a_text_that_is_no_toml_names_its_line() {
        let error = Places::read("script = \"a.js\"\nrate = = 3\n").unwrap_err();
        assert_eq!(error.line, 2);
    }
}
