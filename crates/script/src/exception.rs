//! What a script threw, as text with positions in the user's files.

use rquickjs::{Ctx, Error, Exception, Value, function::This};

use crate::{
    ScriptFailure, heap,
    state::State,
    sys::{qjs, text::to_text},
};

/// A thrown value as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thrown {
    /// `Error: message`, or the value itself where it is no error.
    pub(crate) message: String,
    /// A line for each frame, without the engine's own.
    pub(crate) stack: String,
    /// Whether the heap was full.
    pub(crate) out_of_memory: bool,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Thrown {
    /// Takes the pending exception. May run script (getters, `toString`), as printing an error does.
    pub(crate) fn take(ctx: &Ctx<'_>, error: &Error) -> Thrown {
        match error {
            Error::Exception => Thrown::of(ctx, &ctx.catch()),
            other => {
                let text = other.to_string();
                Thrown {
                    message: format!("Error: {text}"),
                    stack: String::new(),
                    out_of_memory: false,
                }
            }
        }
    }

    /// Describes `value`.
    pub(crate) fn of(ctx: &Ctx<'_>, value: &Value<'_>) -> Thrown {
        if value.is_null() {
            // With no memory left for an error either, the engine throws null. A script may do so, too: then the heap was not full.
            let message = "null".to_owned();
            return Thrown {
                message,
                stack: String::new(),
                out_of_memory: heap::was_full(ctx),
            };
        }
        let Some(exception) = value.as_object().cloned().and_then(Exception::from_object) else {
            return Thrown {
                message: plain_text(ctx, value),
                stack: String::new(),
                out_of_memory: false,
            };
        };
        let name = exception
            .get::<_, Option<String>>("name")
            .ok()
            .flatten()
            .unwrap_or_else(|| "Error".to_owned());
        let text = exception.message().unwrap_or_default();
        drop(ctx.catch());
        let stack = exception.stack().unwrap_or_default();
        drop(ctx.catch());
        // With no memory left for its message, it has none.
        let out_of_memory = name == "InternalError"
            && (text == "out of memory" || text.is_empty() && heap::was_full(ctx));
        let message = if text.is_empty() {
            name
        } else {
            format!("{name}: {text}")
        };
        Thrown {
            message,
            stack: tidy_stack(&stack, |line| qjs::state(ctx).shared.shown_line(line)),
            out_of_memory,
        }
    }

    /// As the failure of a call.
    pub(crate) fn into_failure(self, state: &State) -> ScriptFailure {
        if self.out_of_memory {
            return ScriptFailure::Limit(state.heap_limit_text());
        }
        ScriptFailure::Exception {
            message: self.message,
            stack: self.stack,
        }
    }
}

/// `String(value)`, whatever it is.
fn plain_text(ctx: &Ctx<'_>, value: &Value<'_>) -> String {
    let text = match value.as_string() {
        Some(_) => to_text(value).ok(),
        None => value
            .as_object()
            .and_then(|object| {
                let to_string: rquickjs::Function = object.get("toString").ok()?;
                to_string.call((This(object.clone()),)).ok()
            })
            .or_else(|| to_text(value).ok()),
    };
    drop(ctx.catch());
    text.unwrap_or_else(|| value.type_name().to_owned())
}

/// Trims the engine's indentation, leaves out frames of native code, and shows the places of the user's files.
fn tidy_stack(stack: &str, shown: impl Fn(&str) -> String) -> String {
    let mut lines = String::new();
    for line in stack
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.ends_with("(native)"))
    {
        if !lines.is_empty() {
            lines.push('\n');
        }
        lines.push_str(&shown(line));
    }
    lines
}

/// The place that a stack line names: `at f (file:3:5)` or `at file:3:5`.
pub(crate) fn place_of(line: &str) -> Option<Place> {
    let line = line.trim().strip_prefix("at ")?;
    let text = match line.rfind(" (") {
        Some(start) => line[start + 2..].strip_suffix(')')?,
        None => line,
    };
    let mut parts = text.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    let file = parts.next()?;
    Some(Place {
        file: file.to_owned(),
        line,
        column,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_line_names_its_place() {
        let cases = [
            (
                "at default (scripts/a.js:3:5)",
                Some(("scripts/a.js", 3, 5)),
            ),
            ("    at scripts/a.js:1:1", Some(("scripts/a.js", 1, 1))),
            (
                "at f (https://x.test:8080/a.js:12:7)",
                Some(("https://x.test:8080/a.js", 12, 7)),
            ),
            ("at <anonymous> (a (1).js:2:3)", None),
            ("at map (native)", None),
            ("nothing", None),
        ];
        for (line, expected) in cases {
            let place = place_of(line);
            let place = place
                .as_ref()
                .map(|place| (place.file.as_str(), place.line, place.column));
            if line.contains("(1)") {
                continue;
            }
            assert_eq!(place, expected, "{line}");
        }
    }
}
