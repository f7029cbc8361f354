//! Selectors over JSON text, in gjson's path syntax: `a.b.0`, `list.#.id`, `list.#(id==2).name`.
//!
//! Works on the text itself: nothing is built but what is selected, and no object of the script engine at all. The text is
//! checked once as a whole; from then on scanning may trust it. Paths are the script's, bodies the server's: neither may
//! panic or recurse without bound.
//!
//! Not there: custom modifiers.

use std::borrow::Cow;

mod path;
mod scan;
mod valid;

pub(crate) use valid::error_in;

use path::{Part, Query, Rest};

/// Nesting of paths inside paths (queries, multipaths, `#`) that is followed.
const MAX_DEPTH: usize = 16;

/// The JSON text of what `path` selects in `json`; `None` where there is nothing, or `json` is no JSON.
pub(crate) fn select(json: &[u8], path: &str) -> Option<String> {
    let text = String::from_utf8_lossy(json);
    if !valid::is_json(&text) {
        return None;
    }
    follow(Cow::Borrowed(text.trim()), path, 0).map(Cow::into_owned)
}

/// Follows `path` from `json`, which is one valid value without space around it.
fn follow<'a>(json: Cow<'a, str>, path: &str, depth: usize) -> Option<Cow<'a, str>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut at = json;
    let mut rest = Rest::start(path);
    while let Some((part, next)) = rest.next_part() {
        rest = next;
        at = match part {
            Part::Key(pattern) => key(&at, &pattern)?,
            Part::Count if rest.is_empty() || rest.is_piped() => {
                Cow::Owned(scan::elements(&at)?.count().to_string())
            }
            Part::Count => {
                let (inner, outer) = rest.split_at_pipe();
                rest = outer;
                collect(
                    scan::elements(&at)?
                        .filter_map(|element| follow(Cow::Borrowed(element), inner, depth + 1)),
                )
            }
            Part::First(query) => {
                let found = scan::elements(&at)?.find(|element| matches(element, &query, depth))?;
                Cow::Owned(found.to_owned())
            }
            Part::All(query) => {
                let found = scan::elements(&at)?.filter(|element| matches(element, &query, depth));
                let (inner, outer) = rest.split_at_pipe();
                rest = outer;
                collect(
                    found.filter_map(|element| follow(Cow::Borrowed(element), inner, depth + 1)),
                )
            }
            Part::List(paths) => collect(
                paths
                    .iter()
                    .filter_map(|path| follow(Cow::Borrowed(&*at), path, depth + 1)),
            ),
            Part::Record(fields) => record(&at, &fields, depth),
            Part::Modifier(name, argument) if name == "dig" => dig(&at, &argument, depth),
            Part::Modifier(name, argument) => modify(&at, &name, &argument)?,
        };
    }
    Some(at)
}

fn collect<'a, 'b>(values: impl Iterator<Item = Cow<'b, str>>) -> Cow<'a, str> {
    let mut list = String::from("[");
    for value in values {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&value);
    }
    list.push(']');
    Cow::Owned(list)
}

fn record<'a>(json: &str, fields: &[(String, String)], depth: usize) -> Cow<'a, str> {
    let mut object = String::from("{");
    for (name, path) in fields {
        let Some(value) = follow(Cow::Borrowed(json), path, depth + 1) else {
            continue;
        };
        if object.len() > 1 {
            object.push(',');
        }
        object.push_str(&quote(name));
        object.push(':');
        object.push_str(&value);
    }
    object.push('}');
    Cow::Owned(object)
}

fn key<'a>(json: &str, pattern: &path::Pattern) -> Option<Cow<'a, str>> {
    if let Some(mut members) = scan::members(json) {
        return members
            .find(|(name, _)| pattern.matches(name))
            .map(|(_, value)| Cow::Owned(value.to_owned()));
    }
    let index = pattern.as_index()?;
    scan::elements(json)?
        .nth(index)
        .map(|value| Cow::Owned(value.to_owned()))
}

fn matches(element: &str, query: &Query, depth: usize) -> bool {
    let left = if query.path.is_empty() {
        Some(Cow::Borrowed(element))
    } else {
        follow(Cow::Borrowed(element), &query.path, depth + 1)
    };
    left.is_some_and(|left| query.holds(&left))
}

/// `@dig:path`: what `path` selects in any value inside, from the outside in. With a list instead of recursion: the server
/// chooses the depth.
fn dig<'a>(json: &str, path: &str, depth: usize) -> Cow<'a, str> {
    let mut found = Vec::new();
    let mut open: Vec<&str> = vec![json];
    while let Some(value) = open.pop() {
        if let Some(selected) = follow(Cow::Borrowed(value), path, depth + 1) {
            found.push(selected);
        }
        let mut inner: Vec<&str> = match (scan::elements(value), scan::members(value)) {
            (Some(elements), _) => elements.collect(),
            (None, Some(members)) => members.map(|(_, value)| value).collect(),
            (None, None) => Vec::new(),
        };
        inner.reverse();
        open.extend(inner);
    }
    collect(found.into_iter())
}

/// `@group`: `{"a":[1,2],"b":[3]}` -> `[{"a":1,"b":3},{"a":2}]`
fn group<'a>(json: &str) -> Cow<'a, str> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (name, value) in scan::members(json).into_iter().flatten() {
        for (index, element) in scan::elements(value).into_iter().flatten().enumerate() {
            if index == rows.len() {
                rows.push(Vec::new());
            }
            rows[index].push(format!("{}:{element}", quote(&name)));
        }
    }
    let rows = rows
        .into_iter()
        .map(|row| Cow::Owned(format!("{{{}}}", row.join(","))));
    collect(rows)
}

fn modify<'a>(json: &str, name: &str, argument: &str) -> Option<Cow<'a, str>> {
    let unchanged = || Cow::Owned(json.to_owned());
    match name {
        "this" | "valid" | "ugly" | "pretty" => Some(unchanged()),
        "reverse" => Some(match (scan::elements(json), scan::members(json)) {
            (Some(elements), _) => {
                let mut all: Vec<&str> = elements.collect();
                all.reverse();
                collect(all.into_iter().map(Cow::Borrowed))
            }
            (None, Some(members)) => {
                let mut all: Vec<String> = members
                    .map(|(name, value)| format!("{}:{value}", quote(&name)))
                    .collect();
                all.reverse();
                Cow::Owned(format!("{{{}}}", all.join(",")))
            }
            (None, None) => unchanged(),
        }),
        "keys" => Some(match (scan::members(json), scan::elements(json)) {
            (Some(members), _) => collect(members.map(|(name, _)| Cow::Owned(quote(&name)))),
            (None, Some(elements)) => collect(elements.map(|_| Cow::Borrowed("null"))),
            (None, None) => Cow::Borrowed("[]"),
        }),
        "values" => Some(match scan::members(json) {
            Some(members) => collect(members.map(|(_, value)| Cow::Borrowed(value))),
            None if scan::elements(json).is_some() => unchanged(),
            None => Cow::Owned(format!("[{json}]")),
        }),
        "flatten" => {
            let Some(elements) = scan::elements(json) else {
                return Some(unchanged());
            };
            let deep = argument.contains("\"deep\":true");
            let mut flat = Vec::new();
            // A list of what is still to look at instead of recursion: the server chooses the depth.
            let mut open: Vec<(&str, bool)> = elements.map(|element| (element, true)).collect();
            open.reverse();
            while let Some((value, may_open)) = open.pop() {
                match scan::elements(value) {
                    Some(inner) if may_open => {
                        let mut inner: Vec<(&str, bool)> =
                            inner.map(|element| (element, deep)).collect();
                        inner.reverse();
                        open.extend(inner);
                    }
                    Some(_) | None => flat.push(Cow::Borrowed(value)),
                }
            }
            Some(collect(flat.into_iter()))
        }
        "join" => {
            let Some(elements) = scan::elements(json) else {
                return Some(unchanged());
            };
            let mut joined: Vec<(Cow<'_, str>, &str)> = Vec::new();
            for (name, value) in elements.filter_map(scan::members).flatten() {
                match joined.iter_mut().find(|(known, _)| *known == name) {
                    Some(known) => known.1 = value,
                    None => joined.push((name, value)),
                }
            }
            let fields: Vec<String> = joined
                .iter()
                .map(|(name, value)| format!("{}:{value}", quote(name)))
                .collect();
            Some(Cow::Owned(format!("{{{}}}", fields.join(","))))
        }
        "group" => Some(scan::members(json).map_or_else(unchanged, |_| group(json))),
        "tostr" => Some(Cow::Owned(quote(json))),
        "fromstr" => {
            let text = scan::string(json)?;
            if !valid::is_json(&text) {
                return None;
            }
            Some(Cow::Owned(text.trim().to_owned()))
        }
        _ => None,
    }
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
