//! `console`: lines for the log, formatted as k6 does.

use std::fmt::Write;

use rquickjs::{ArrayBuffer, Object, Result, TypedArray, Value, function::This};

use crate::{
    ConsoleLevel,
    modules::{method, to_text, undefined},
    state::State,
    sys::{
        qjs::{self, Args},
        text::with_str,
    },
};

/// Levels of nesting that are shown; deeper ones would let a script eat the native stack.
const MAX_DEPTH: usize = 20;

pub(super) fn install(globals: &Object<'_>) -> Result<()> {
    let console = Object::new(globals.ctx().clone())?;
    method(&console, "log", 0, |state, args| {
        print(state, args, ConsoleLevel::Info)
    })?;
    method(&console, "info", 0, |state, args| {
        print(state, args, ConsoleLevel::Info)
    })?;
    method(&console, "warn", 0, |state, args| {
        print(state, args, ConsoleLevel::Warn)
    })?;
    method(&console, "error", 0, |state, args| {
        print(state, args, ConsoleLevel::Error)
    })?;
    method(&console, "debug", 0, |state, args| {
        print(state, args, ConsoleLevel::Debug)
    })?;
    globals.set("console", console)
}

fn print<'js>(state: &State, args: &Args<'_, 'js>, level: ConsoleLevel) -> Result<Value<'js>> {
    let mut line = String::new();
    for index in 0..args.len() {
        if index > 0 {
            line.push(' ');
        }
        let value = args.get(index);
        match value.as_string() {
            Some(text) => with_str(text, |text| line.push_str(text))?,
            None => Printer {
                out: &mut line,
                above: Vec::new(),
            }
            .value(&value, Level::Top)?,
        }
    }
    state.host.console(level, &line);
    Ok(undefined(args.ctx()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Top,
    Inside,
}

struct Printer<'a, 'js> {
    out: &'a mut String,
    above: Vec<Object<'js>>,
}

impl<'js> Printer<'_, 'js> {
    fn value(&mut self, value: &Value<'js>, level: Level) -> Result<()> {
        if let Some(text) = value.as_string() {
            with_str(text, |text| quote(self.out, text))?;
        } else if value.is_undefined() && level == Level::Top {
            self.out.push_str("undefined");
        } else if value.is_undefined() || value.is_null() {
            self.out.push_str("null");
        } else if value.is_function() {
            self.out.push_str("[object Function]");
        } else if value.is_symbol() {
            self.out.push_str("Symbol()");
        } else if let Some(object) = value.as_object() {
            self.object(object)?;
        } else {
            let text = to_text(value)?;
            self.out.push_str(if text == "-0" { "0" } else { &text });
        }
        Ok(())
    }

    fn object(&mut self, object: &Object<'js>) -> Result<()> {
        if object.is_error() {
            self.out.push_str(&to_text(object.as_value())?);
            return Ok(());
        }
        if self.above.contains(object) || self.above.len() >= MAX_DEPTH {
            self.out.push_str("[Circular]");
            return Ok(());
        }
        if let Some(buffer) = ArrayBuffer::from_object(object.clone()) {
            self.buffer(buffer.as_value());
            return Ok(());
        }
        if TypedArray::<u8>::from_object(object.clone()).is_ok() || is_typed_array(object) {
            return self.typed_array(object);
        }
        if let Ok(to_json) = object.get::<_, rquickjs::Function>("toJSON") {
            let value: Value = to_json.call((This(object.clone()),))?;
            if value.as_object().is_none_or(|json| json != object) {
                return self.value(&value, Level::Inside);
            }
        }
        self.above.push(object.clone());
        let done = if object.is_array() {
            self.array(object)
        } else {
            self.record(object)
        };
        self.above.pop();
        done
    }

    fn array(&mut self, object: &Object<'js>) -> Result<()> {
        let length: u32 = object.get::<_, f64>("length").map_or(0, |length| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an array's length is a u32"
            )]
            let length = length as u32;
            length
        });
        if length == 0 {
            self.out.push_str("[]");
            return Ok(());
        }
        self.out.push_str("[ ");
        for index in 0..length {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.value(&object.get::<_, Value>(index)?, Level::Inside)?;
        }
        self.out.push_str(" ]");
        Ok(())
    }

    fn record(&mut self, object: &Object<'js>) -> Result<()> {
        let mut any = false;
        for entry in object.props::<String, Value>() {
            let (name, value) = entry?;
            self.out.push_str(if any { ", " } else { "{ " });
            any = true;
            if is_identifier(&name) {
                self.out.push_str(&name);
            } else {
                quote(self.out, &name);
            }
            self.out.push_str(": ");
            self.value(&value, Level::Inside)?;
        }
        self.out.push_str(if any { " }" } else { "{}" });
        Ok(())
    }

    fn buffer(&mut self, buffer: &Value<'js>) {
        self.out.push_str("ArrayBuffer { [Uint8Contents]: <");
        let bytes = qjs::copy_bytes(buffer).unwrap_or_default();
        for (index, byte) in bytes.iter().enumerate() {
            let space = if index > 0 { " " } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(self.out, "{space}{byte:02x}");
        }
        let _ = write!(self.out, ">, byteLength: {} }}", bytes.len());
    }

    fn typed_array(&mut self, object: &Object<'js>) -> Result<()> {
        let name: String = object
            .get::<_, Object>("constructor")
            .and_then(|class| class.get("name"))?;
        let length: usize = object.get("length")?;
        let _ = write!(self.out, "{name}({length}) ");
        self.array(object)
    }
}

fn is_typed_array(object: &Object<'_>) -> bool {
    object
        .get::<_, Option<f64>>("BYTES_PER_ELEMENT")
        .ok()
        .flatten()
        .is_some()
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_' || first == '$')
        && characters.all(|next| next.is_alphanumeric() || next == '_' || next == '$')
}

fn quote(out: &mut String, text: &str) {
    match serde_json::to_string(text) {
        Ok(quoted) => out.push_str(&quoted),
        Err(_) => out.push_str(text),
    }
}
