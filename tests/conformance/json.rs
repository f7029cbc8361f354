//! JSON that must be part of other JSON.

use serde_json::Value;

/// Whether a JSON value has all of another: each key of an object, each element of a list somewhere, an empty one only where
/// it is empty; `"*"` stands for any value but null.
pub(crate) fn holds(wanted: &Value, given: &Value, at: &str) -> Result<(), String> {
    let differs = || Err(format!("`{at}` is {given}, not {wanted}"));
    match (wanted, given) {
        (Value::String(any), given) if any == "*" && !given.is_null() => Ok(()),
        (Value::Object(wanted), Value::Object(given)) if !wanted.is_empty() => {
            wanted.iter().try_for_each(|(key, wanted)| {
                let given = given
                    .get(key)
                    .ok_or_else(|| format!("`{at}.{key}` is not there"))?;
                holds(wanted, given, &format!("{at}.{key}"))
            })
        }
        (Value::Array(wanted), Value::Array(given)) if !wanted.is_empty() => {
            wanted.iter().try_for_each(|wanted| {
                match given.iter().any(|given| holds(wanted, given, at).is_ok()) {
                    true => Ok(()),
                    false => Err(format!("`{at}` has no {wanted}")),
                }
            })
        }
        (Value::Number(wanted), Value::Number(given)) if wanted.as_f64() == given.as_f64() => {
            Ok(())
        }
        (wanted, given) if wanted == given => Ok(()),
        _ => differs(),
    }
}
