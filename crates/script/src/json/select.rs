//! Selectors over JSON text.

/// The JSON text of what `path` selects in `json`; `None` where there is nothing or `json` is no JSON.
pub(crate) fn select(json: &[u8], path: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(json).ok()?;
    let mut at = &value;
    for part in path.split('.') {
        at = match at {
            serde_json::Value::Object(map) => map.get(part)?,
            serde_json::Value::Array(list) => list.get(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at.to_string())
}
