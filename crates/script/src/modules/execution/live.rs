//! `vu.metrics.tags` and `vu.metrics.metadata`: maps that read and write what the VU really has.

use std::rc::Rc;

use rquickjs::{Array, Ctx, Object, Result, Value};

use super::unavailable;
use crate::{
    Tag,
    modules::{method, tag_value, text, throw_type, to_text, undefined},
    state::{Phase, State},
    sys::{
        native::{self, NativeClass},
        qjs::{self, Args},
    },
};

/// Where a map's entries live.
trait Store: 'static {
    const NAME: &'static str;
    /// What an entry is called in errors.
    const ENTRY: &'static str;
    fn get(state: &State, name: &str) -> Option<Rc<str>>;
    fn set(state: &State, name: &str, value: &str);
    fn remove(state: &State, name: &str);
    fn list(state: &State) -> Vec<Tag>;
}

/// The VU's tags: its host has them.
pub(super) struct Tags;

impl Store for Tags {
    const NAME: &'static str = "Tags";
    const ENTRY: &'static str = "tag";

    fn get(state: &State, name: &str) -> Option<Rc<str>> {
        state.host.tag(name)
    }
    fn set(state: &State, name: &str, value: &str) {
        state.host.set_tag(name, value);
    }
    fn remove(state: &State, name: &str) {
        state.host.remove_tag(name);
    }
    fn list(state: &State) -> Vec<Tag> {
        state.host.tags()
    }
}

/// The VU's metadata, which no series is told apart by: outputs that write each sample have it.
pub(super) struct Metadata;

impl Store for Metadata {
    const NAME: &'static str = "Metadata";
    const ENTRY: &'static str = "metadata";

    fn get(state: &State, name: &str) -> Option<Rc<str>> {
        state.metadata.borrow().get(name).cloned()
    }
    fn set(state: &State, name: &str, value: &str) {
        state
            .metadata
            .borrow_mut()
            .insert(name.into(), value.into());
        state.host.set_metadata(&Metadata::list(state));
    }
    fn remove(state: &State, name: &str) {
        state.metadata.borrow_mut().remove(name);
        state.host.set_metadata(&Metadata::list(state));
    }
    fn list(state: &State) -> Vec<Tag> {
        let metadata = state.metadata.borrow();
        metadata
            .iter()
            .map(|(name, value)| (Rc::clone(name), Rc::clone(value)))
            .collect()
    }
}

/// The proxy that scripts see.
pub(super) fn map<'js, S: NativeClass>(ctx: &Ctx<'js>, store: S) -> Result<Value<'js>> {
    qjs::new_proxy(
        Object::new(ctx.clone())?.as_value(),
        native::instance(ctx, store)?.as_value(),
    )
}

impl<S: Store> NativeClass for S {
    const NAME: &'static str = <S as Store>::NAME;

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        method(prototype, "get", 3, |state, args| {
            if !args.get(1).is_string() {
                return Ok(undefined(args.ctx()));
            }
            match entry::<S>(state, args, &to_text(&args.get(1))?)? {
                Some(value) => text(args.ctx(), &value),
                None => inherited(args),
            }
        })?;
        method(prototype, "set", 4, |state, args| {
            outside_init(state, args)?;
            let name = to_text(&args.get(1))?;
            let Some(value) = tag_value(&args.get(2)) else {
                let message = format!(
                    "invalid value for the {} '{name}': only strings, booleans and numbers are allowed",
                    S::ENTRY
                );
                return Err(throw_type(args.ctx(), &message));
            };
            S::set(state, &name, &value);
            Ok(Value::new_bool(args.ctx().clone(), true))
        })?;
        method(prototype, "deleteProperty", 2, |state, args| {
            outside_init(state, args)?;
            S::remove(state, &to_text(&args.get(1))?);
            Ok(Value::new_bool(args.ctx().clone(), true))
        })?;
        method(prototype, "has", 2, |state, args| {
            let known = args.get(1).is_string()
                && entry::<S>(state, args, &to_text(&args.get(1))?)?.is_some();
            Ok(Value::new_bool(args.ctx().clone(), known))
        })?;
        method(prototype, "ownKeys", 1, |state, args| {
            outside_init(state, args)?;
            let keys = Array::new(args.ctx().clone())?;
            for (index, (name, _)) in S::list(state).iter().enumerate() {
                keys.set(index, &**name)?;
            }
            Ok(keys.into_value())
        })?;
        method(prototype, "getOwnPropertyDescriptor", 2, |state, args| {
            let ctx = args.ctx();
            if !args.get(1).is_string() {
                return Ok(undefined(ctx));
            }
            let Some(value) = entry::<S>(state, args, &to_text(&args.get(1))?)? else {
                return Ok(undefined(ctx));
            };
            let descriptor = Object::new(ctx.clone())?;
            descriptor.set("value", &*value)?;
            descriptor.set("writable", true)?;
            descriptor.set("configurable", true)?;
            descriptor.set("enumerable", true)?;
            Ok(descriptor.into_value())
        })
    }
}

fn inherited<'js>(args: &Args<'_, 'js>) -> Result<Value<'js>> {
    match args.get(0).as_object() {
        Some(target) => target.get(args.get(1)),
        None => Ok(undefined(args.ctx())),
    }
}

fn outside_init(state: &State, args: &Args<'_, '_>) -> Result<()> {
    match state.phase.get() {
        Phase::Init => Err(unavailable(args.ctx(), "VU")),
        Phase::Call => Ok(()),
    }
}

fn entry<S: Store>(state: &State, args: &Args<'_, '_>, name: &str) -> Result<Option<Rc<str>>> {
    outside_init(state, args)?;
    Ok(S::get(state, name))
}
