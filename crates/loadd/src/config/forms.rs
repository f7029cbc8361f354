//! From merged values to [`TestFile`]: every value of a wrong form is found, not only the first one.

use serde_json::{Map, Value};

use super::{file::TestFile, layers::Merged, problem::Problem};

/// The file as structs, without what has a wrong form; that is in the problems.
pub(crate) fn read(merged: &Merged, problems: &mut Vec<Problem>) -> TestFile {
    let mut map = merged.map.clone();
    if let Ok(file) = parse(&map) {
        return file;
    }
    let (mut wrong, mut wrong_paths) = (Vec::new(), Vec::new());
    for (key, value) in &merged.map {
        find(&mut vec![key.clone()], value, &mut wrong);
    }
    for (path, message) in wrong {
        problems.push(Problem::new(
            super::load::dotted(&path),
            merged.origin(&path),
            message,
        ));
        wrong_paths.push(path);
    }
    // The rest of a table is still checked for its meaning; where it cannot be read without the part, it goes as a whole.
    wrong_paths
        .iter()
        .for_each(|path| remove_part(&mut map, path));
    if let Ok(file) = parse(&map) {
        return file;
    }
    wrong_paths.iter().for_each(|path| remove(&mut map, path));
    parse(&map).unwrap_or_default()
}

/// Takes the value alone out; a scenario goes as a whole, since it makes no sense without one of its parts.
fn remove_part(map: &mut Map<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [table, ..] if table == "scenarios" => remove(map, path),
        [key] => drop(map.remove(key)),
        [key, rest @ ..] => {
            if let Some(Value::Object(inner)) = map.get_mut(key) {
                remove_part(inner, rest);
            }
        }
    }
}

fn parse(map: &Map<String, Value>) -> Result<TestFile, String> {
    serde_json::from_value(Value::Object(map.clone())).map_err(|error| error.to_string())
}

/// The deepest places whose value alone is refused.
fn find(path: &mut Vec<String>, value: &Value, wrong: &mut Vec<(Vec<String>, String)>) {
    let mut map = Map::new();
    super::layers::insert(&mut map, path, value.clone());
    let Err(message) = parse(&map) else { return };
    let before = wrong.len();
    if let Value::Object(inner) = value {
        for (key, value) in inner {
            path.push(key.clone());
            find(path, value, wrong);
            path.pop();
        }
        // A table without one of its parts lacks the others: that is no fault of the part.
        wrong[before..].sort();
        let lacks = |entry: &(Vec<String>, String)| entry.1.starts_with("missing field");
        if wrong[before..].iter().any(|entry| !lacks(entry)) || message.starts_with("missing field")
        {
            let kept: Vec<_> = wrong
                .drain(before..)
                .filter(|entry| !lacks(entry))
                .collect();
            wrong.extend(kept);
        }
    }
    if wrong.len() == before {
        wrong.push((path.clone(), tidy(&message)));
    }
}

/// serde's words without the place inside its own text.
fn tidy(message: &str) -> String {
    let end = message.find(" at line ").unwrap_or(message.len());
    let message = &message[..end];
    if message.starts_with("data did not match any variant") {
        return "has a form that is not known here".into();
    }
    message.to_owned()
}

/// Takes the value out together with what makes no sense without it: the scenario, or the whole of the table.
fn remove(map: &mut Map<String, Value>, path: &[String]) {
    match (path[0].as_str(), path.get(1)) {
        ("scenarios" | "thresholds" | "env" | "labels" | "tags", Some(name)) => {
            if let Some(Value::Object(inner)) = map.get_mut(&path[0]) {
                inner.remove(name);
            }
        }
        (key, _) => drop(map.remove(key)),
    }
}
