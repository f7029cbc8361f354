//! THE table of built-in modules: specifier -> module, or the error that names what to use instead.
//!
//! How to add one: a file (or folder) under `modules/` with a unit struct that implements [`BuiltinModule`], a `mod` line here, and
//! one line in [`TABLE`] in place of the [`Entry::Missing`] one. The rules for what stands in that file:
//!
//! * Functions are plain function items `fn name<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>>`, made into
//!   JavaScript by [`method`]: no closures, no boxes. Their panics are caught (rule 8), their arguments are not checked for them.
//! * Objects that hold Rust data implement [`NativeClass`](crate::sys::native::NativeClass); what their getters make is cached
//!   with [`define_value`](crate::sys::qjs::define_value) where scripts may see that it is the same each time.
//! * Whoever waits calls [`State::wait`] with an owned [`Op`](crate::Op) and holds no borrow meanwhile (rule 6). Modules open
//!   no socket, sleep on no thread and record no built-in metric.
//! * [`BuiltinModule::build`] runs once in each VU that imports the module, so that others cost nothing.

use std::{
    any::type_name,
    cell::RefCell,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rquickjs::{
    Ctx, Error, Exception, IntoJs, Module, Object, Persistent, Result, Value,
    module::{Declarations, Exports, ModuleDef},
};

use crate::{
    Tag,
    state::{Ending, Phase, State},
    sys::qjs::{self, Args, HostFn},
};

pub(crate) use crate::sys::text::to_text;

pub(crate) mod crypto;
pub(crate) mod data;
pub(crate) mod encoding;
pub(crate) mod execution;
pub(crate) mod html;
pub(crate) mod http;
pub(crate) mod k6;
pub(crate) mod metrics;
pub(crate) mod secrets;
pub(crate) mod timers;
pub(crate) mod webcrypto;

/// A built-in module.
pub(crate) trait BuiltinModule {
    /// Named exports: properties of the object that [`BuiltinModule::build`] makes. That object itself is the default export,
    /// shared by all importers within the VU and theirs to change (instrumentation libraries do).
    const EXPORTS: &'static [&'static str];

    /// Makes the module's object.
    fn build<'js>(ctx: &Ctx<'js>, state: &State) -> Result<Object<'js>>;
}

type Declare = for<'js> fn(&Ctx<'js>, &str) -> Result<Module<'js>>;

enum Entry {
    /// It is there.
    Here(Declare),
    /// It is not there; why, or what to use instead.
    Missing(&'static str),
}

const LATER: &str = "it is not part of loadd yet";
const BROWSER: &str = "loadd drives no browser; use k6/http for protocol-level load";

/// See the module's head.
const TABLE: &[(&str, Entry)] = &[
    ("k6", Entry::Here(declare::<k6::K6>)),
    ("k6/http", Entry::Here(declare::<http::Http>)),
    ("k6/metrics", Entry::Here(declare::<metrics::Metrics>)),
    ("k6/data", Entry::Here(declare::<data::Data>)),
    (
        "k6/execution",
        Entry::Here(declare::<execution::ExecutionModule>),
    ),
    ("k6/timers", Entry::Here(declare::<timers::Timers>)),
    ("k6/encoding", Entry::Here(declare::<encoding::Encoding>)),
    ("k6/crypto", Entry::Here(declare::<crypto::Crypto>)),
    ("k6/crypto/x509", Entry::Missing(LATER)),
    ("k6/html", Entry::Here(declare::<html::Html>)),
    ("k6/ws", Entry::Missing(LATER)),
    ("k6/websockets", Entry::Missing(LATER)),
    ("k6/net/grpc", Entry::Missing(LATER)),
    ("k6/secrets", Entry::Here(declare::<secrets::Secrets>)),
    ("k6/browser", Entry::Missing(BROWSER)),
    ("k6/browser/async", Entry::Missing(BROWSER)),
    ("k6/experimental/browser", Entry::Missing(BROWSER)),
    ("k6/experimental/csv", Entry::Missing(LATER)),
    ("k6/experimental/fs", Entry::Missing(LATER)),
    ("k6/experimental/streams", Entry::Missing(LATER)),
    ("k6/experimental/websockets", Entry::Missing(LATER)),
    (
        "k6/experimental/grpc",
        Entry::Missing("it was removed from k6: use k6/net/grpc"),
    ),
    (
        "k6/experimental/timers",
        Entry::Missing("it was removed from k6: use k6/timers, or the global functions"),
    ),
    (
        "k6/experimental/tracing",
        Entry::Missing("it was removed from k6: use the http-instrumentation-tempo library"),
    ),
    (
        "k6/experimental/webcrypto",
        Entry::Missing("it was removed from k6: use the global crypto object"),
    ),
    (
        "k6/experimental/redis",
        Entry::Missing("extensions (redis) are compiled into k6 itself and cannot be loaded here"),
    ),
];

/// Behind the specifier of a built-in module: its names without the default export.
pub(crate) const NAMES_ONLY: &str = "#names";

/// Whether `specifier` names a built-in module.
///
/// # Errors
/// Where it names one that is not there, in words.
pub(crate) fn is_builtin(specifier: &str) -> std::result::Result<bool, String> {
    let specifier = specifier.strip_suffix(NAMES_ONLY).unwrap_or(specifier);
    match TABLE.iter().find(|(name, _)| *name == specifier) {
        Some((_, Entry::Here(_))) => Ok(true),
        Some((name, Entry::Missing(why))) => Err(format!("cannot import {name}: {why}")),
        None if specifier.starts_with("k6/x/") => Err(format!(
            "cannot import {specifier}: extensions are compiled into k6 itself and cannot be loaded here"
        )),
        None if specifier == "k6" || specifier.starts_with("k6/") => {
            let known: Vec<&str> = TABLE
                .iter()
                .filter(|(_, entry)| matches!(entry, Entry::Here(_)))
                .map(|(name, _)| *name)
                .collect();
            Err(format!(
                "cannot import {specifier}: there is no such module; the modules are {}",
                known.join(", ")
            ))
        }
        None => Ok(false),
    }
}

/// The module of that name.
pub(crate) fn find(name: &str) -> Option<Declare> {
    let name = name.strip_suffix(NAMES_ONLY).unwrap_or(name);
    TABLE.iter().find_map(|(specifier, entry)| match entry {
        Entry::Here(declare) if *specifier == name => Some(*declare),
        Entry::Here(_) | Entry::Missing(_) => None,
    })
}

fn declare<'js, M: BuiltinModule>(ctx: &Ctx<'js>, name: &str) -> Result<Module<'js>> {
    Module::declare_def::<Builtin<M>, _>(ctx.clone(), name)
}

/// The engine's view of a [`BuiltinModule`].
struct Builtin<M>(PhantomData<M>);

impl<M: BuiltinModule> ModuleDef for Builtin<M> {
    fn declare(declarations: &Declarations<'_>) -> Result<()> {
        let module = declarations.module();
        let shared = &qjs::state(module.ctx()).shared;
        let own_name = module.name::<String>()?;
        for name in M::EXPORTS {
            if is_names_only(&own_name) || shared.may_want(&own_name, name) {
                declarations.declare(*name)?;
            }
        }
        if !is_names_only(&own_name) {
            declarations.declare("default")?;
        }
        // Any other name is there, too, and undefined: its variable is never set.
        for name in shared.declared_exports(&own_name) {
            if name != "default" && !M::EXPORTS.contains(&name.as_str()) {
                declarations.declare(name)?;
            }
        }
        Ok(())
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> Result<()> {
        let state = qjs::state(ctx);
        // Rule 8: this is called from the engine's own frames.
        let built = catch_unwind(AssertUnwindSafe(|| {
            let object = state
                .builtins
                .module(ctx, type_name::<M>(), || M::build(ctx, state))?;
            let own_name = exports.module().name::<String>()?;
            for name in M::EXPORTS {
                if is_names_only(&own_name) || state.shared.may_want(&own_name, name) {
                    exports.export(*name, object.get::<_, Value>(*name)?)?;
                }
            }
            if is_names_only(&own_name) {
                return Ok(());
            }
            exports.export("default", object).map(drop)
        }));
        built.unwrap_or_else(|panic| {
            state.end(Ending::Broken(qjs::panic_text(&*panic)));
            Err(qjs::throw_uncatchable(ctx))
        })
    }
}

fn is_names_only(module: &str) -> bool {
    module.ends_with(NAMES_ONLY)
}

/// The modules that a VU has made, while its init runs: a module and its namespace are of one object.
#[derive(Default)]
pub(crate) struct Builtins(RefCell<Vec<(&'static str, Persistent<Object<'static>>)>>);

impl Builtins {
    fn module<'js>(
        &self,
        ctx: &Ctx<'js>,
        of: &'static str,
        build: impl FnOnce() -> Result<Object<'js>>,
    ) -> Result<Object<'js>> {
        let known = self
            .0
            .borrow()
            .iter()
            .find(|(name, _)| *name == of)
            .map(|(_, object)| object.clone());
        if let Some(object) = known {
            return object.restore(ctx);
        }
        let object = build()?;
        self.0
            .borrow_mut()
            .push((of, Persistent::save(ctx, object.clone())));
        Ok(object)
    }

    /// Must run before the context is freed.
    pub(crate) fn clear(&self) {
        let modules = self.0.take();
        drop(modules);
    }
}

/// Puts a host function on `object`.
pub(crate) fn method<F: HostFn>(
    object: &Object<'_>,
    name: &str,
    length: u8,
    function: F,
) -> Result<()> {
    object.set(name, qjs::function(object.ctx(), name, length, function)?)
}

/// Throws an error with this message, by the name that k6's native errors have.
pub(crate) fn throw(ctx: &Ctx<'_>, message: &str) -> Error {
    let made = Exception::from_message(ctx.clone(), message).and_then(|exception| {
        qjs::define_hidden(exception.as_object(), "name", &text(ctx, "GoError")?)?;
        Ok(exception)
    });
    match made {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

/// Throws a `TypeError` with this message.
pub(crate) fn throw_type(ctx: &Ctx<'_>, message: &str) -> Error {
    Exception::throw_type(ctx, message)
}

/// Undefined.
pub(crate) fn undefined<'js>(ctx: &Ctx<'js>) -> Value<'js> {
    Value::new_undefined(ctx.clone())
}

/// A string value.
pub(crate) fn text<'js>(ctx: &Ctx<'js>, text: &str) -> Result<Value<'js>> {
    text.into_js(ctx)
}

/// Refuses in init code.
pub(crate) fn not_in_init(ctx: &Ctx<'_>, state: &State, what: &str) -> Result<()> {
    match state.phase.get() {
        Phase::Init => Err(throw(
            ctx,
            &format!("{what} cannot be used in the init context"),
        )),
        Phase::Call => Ok(()),
    }
}

/// Refuses outside of init code.
pub(crate) fn only_in_init(ctx: &Ctx<'_>, state: &State, what: &str) -> Result<()> {
    match state.phase.get() {
        Phase::Init => Ok(()),
        Phase::Call => Err(throw(
            ctx,
            &format!("{what} can only be used in the init context"),
        )),
    }
}

/// Whether a function is `async`: what it would do outlives the call that waits for it.
pub(crate) fn is_async(function: &rquickjs::Function<'_>) -> bool {
    let name = function
        .get::<_, Object>("constructor")
        .and_then(|constructor| constructor.get::<_, String>("name"))
        .unwrap_or_default();
    name == "AsyncFunction" || name == "AsyncGeneratorFunction"
}

/// A tags object: strings, booleans and numbers.
///
/// # Errors
/// Throws on any other value.
pub(crate) fn read_tags(args: &Args<'_, '_>, index: usize) -> Result<Vec<Tag>> {
    if args.is_nullish(index) {
        return Ok(Vec::new());
    }
    tags_of(&args.get(index))
}

/// See [`read_tags`].
fn tags_of(value: &Value<'_>) -> Result<Vec<Tag>> {
    try_tags_of(value)?.map_err(|message| throw_type(value.ctx(), &message))
}

/// As [`read_tags`]; what is wrong with a value is left to the caller.
pub(crate) fn try_tags_of(value: &Value<'_>) -> Result<std::result::Result<Vec<Tag>, String>> {
    if value.is_undefined() || value.is_null() {
        return Ok(Ok(Vec::new()));
    }
    let Some(object) = value.as_object() else {
        return Ok(Err("tags must be an object".to_owned()));
    };
    let mut tags = Vec::new();
    for entry in object.props::<String, Value>() {
        let (name, value) = entry?;
        let Some(text) = tag_value(&value) else {
            return Ok(Err(format!(
                "invalid value for the tag '{name}': only strings, booleans and numbers are allowed"
            )));
        };
        tags.push((name.into(), text.into()));
    }
    Ok(Ok(tags))
}

/// A tag's value as text; `None` where it is no string, boolean or number.
pub(crate) fn tag_value(value: &Value<'_>) -> Option<String> {
    (value.is_string() || value.is_bool() || value.is_number())
        .then(|| to_text(value).ok())
        .flatten()
}
