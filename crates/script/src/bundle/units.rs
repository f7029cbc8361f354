//! The modules of a bundle: what each is, its compiled form, and what others want of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use rquickjs::{Ctx, Function, Module, Result};

use super::shared::lock;
use crate::{
    loader::{
        graph::Closure,
        parse::{Kind, Names},
        positions::Positions,
    },
    sys::{qjs::Bytecode, script::FunctionCode},
};

/// One file.
pub(crate) struct Unit {
    pub(crate) kind: Kind,
    /// Modules that it imports, without the built-in ones; `None` where the parser could not tell.
    pub(crate) needs: Option<Vec<String>>,
    /// Whether it looks at `import.meta`.
    pub(crate) uses_meta: bool,
    /// Until it is compiled.
    text: Mutex<Option<String>>,
    code: OnceLock<Code>,
}

enum Code {
    Module(Bytecode),
    Function(FunctionCode),
}

impl Unit {
    pub(crate) fn new(
        kind: Kind,
        text: String,
        needs: Option<Vec<String>>,
        uses_meta: bool,
    ) -> Unit {
        Unit {
            kind,
            needs,
            uses_meta,
            text: Mutex::new(Some(text)),
            code: OnceLock::new(),
        }
    }

    /// The ES module, compiled where nobody has yet.
    ///
    /// # Errors
    /// A syntax error, thrown.
    pub(crate) fn module<'js>(&self, ctx: &Ctx<'js>, name: &str) -> Result<Module<'js>> {
        if let Some(Code::Module(code)) = self.code.get() {
            return code.load(ctx);
        }
        let module = Module::declare(ctx.clone(), name, self.text())?;
        drop(self.code.set(Code::Module(Bytecode::of(&module)?)));
        lock(&self.text).take();
        Ok(module)
    }

    /// The function of a CommonJS file, compiled where nobody has yet.
    ///
    /// # Errors
    /// A syntax error, thrown.
    pub(crate) fn function<'js>(&self, ctx: &Ctx<'js>, name: &str) -> Result<Function<'js>> {
        if let Some(Code::Function(code)) = self.code.get() {
            return code.load(ctx);
        }
        let code = FunctionCode::compile(ctx, name, &self.text())?;
        let function = code.load(ctx)?;
        drop(self.code.set(Code::Function(code)));
        lock(&self.text).take();
        Ok(function)
    }

    /// Whether the engine has taken it.
    pub(crate) fn is_compiled(&self) -> bool {
        self.code.get().is_some()
    }

    /// A copy: the lock is not held while the engine runs (rule 2).
    fn text(&self) -> String {
        lock(&self.text).clone().unwrap_or_default()
    }
}

/// See the file's head.
#[derive(Default)]
pub(crate) struct Units {
    units: Mutex<BTreeMap<String, Arc<Unit>>>,
    wanted: Mutex<BTreeMap<String, Wanted>>,
    /// Module name -> its source map.
    positions: Mutex<BTreeMap<String, Arc<Positions>>>,
    has_positions: AtomicBool,
    /// Modules that took part in a `require` that failed. The engine frees a module that fails to load and keeps others that
    /// point to it (QuickJS-ng 0.16, `js_resolve_module`): it must not be asked for any of them again.
    failed: Mutex<BTreeSet<String>>,
    /// The first load must begin anew: it has learned names that modules which are linked already do not have.
    must_restart: AtomicBool,
    /// Whether a text of the bundle may reach `Math`.
    may_use_math: AtomicBool,
    /// Whether the parser could not tell of some file what it imports.
    has_unread: AtomicBool,
}

/// What is known about the exports of a module that finds its names only by running, or that has any name.
#[derive(Default)]
struct Wanted {
    names: Names,
    /// Keys that its exports had, once seen.
    keys: Option<Vec<String>>,
    /// Whether the engine has asked for its exports in this load.
    is_declared: bool,
}

/// `Math` itself, and the ways to a global object's property that is not named: code made of texts.
const MATH: [&str; 6] = [
    "Math",
    "globalThis",
    "global",
    "eval",
    "Function",
    "constructor",
];

impl Units {
    /// Whether a script of this bundle may look at `Math`; before the first load is over nobody knows.
    pub(crate) fn may_use_math(&self) -> bool {
        self.may_use_math.load(Ordering::Relaxed)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Unit>> {
        lock(&self.units).get(name).cloned()
    }

    pub(crate) fn keep(&self, name: &str, unit: Unit) {
        if unit.needs.is_none() {
            self.has_unread.store(true, Ordering::Relaxed);
        }
        if MATH.iter().any(|word| unit.text().contains(word)) {
            self.may_use_math.store(true, Ordering::Relaxed);
        }
        lock(&self.units).insert(name.to_owned(), Arc::new(unit));
    }

    /// Somebody imports `names` from `module`.
    pub(crate) fn want(&self, module: &str, names: &Names) {
        let mut all = lock(&self.wanted);
        let wanted = all.entry(module.to_owned()).or_default();
        let before = wanted.exports().len();
        wanted.names.single.extend(names.single.iter().cloned());
        wanted.names.all |= names.all;
        if wanted.is_declared && wanted.exports().len() > before {
            self.must_restart.store(true, Ordering::Relaxed);
        }
    }

    /// The names that the engine is to give `module` as exports.
    pub(crate) fn declare(&self, module: &str) -> Vec<String> {
        let mut all = lock(&self.wanted);
        let wanted = all.entry(module.to_owned()).or_default();
        wanted.is_declared = true;
        wanted.exports()
    }

    /// As [`Units::declare`], without a trace: for a bundle that is finished.
    pub(crate) fn exports(&self, module: &str) -> Vec<String> {
        lock(&self.wanted)
            .get(module)
            .map(Wanted::exports)
            .unwrap_or_default()
    }

    /// Whether `name` of `module` may be imported by anybody in a bundle that is finished.
    pub(crate) fn may_want(&self, module: &str, name: &str) -> bool {
        self.has_unread.load(Ordering::Relaxed)
            || lock(&self.wanted)
                .get(module)
                .is_some_and(|wanted| wanted.names.all || wanted.names.single.contains(name))
    }

    /// Whether the keys of the exports of `module` are still to be learned.
    pub(crate) fn wants_keys(&self, module: &str) -> bool {
        lock(&self.wanted)
            .get(module)
            .is_some_and(|wanted| wanted.names.all && wanted.keys.is_none())
    }

    /// Takes the keys of the exports of `module`; the load begins anew where the engine was not told of one of them.
    pub(crate) fn learn_keys(&self, module: &str, keys: Vec<String>) {
        let mut all = lock(&self.wanted);
        let wanted = all.entry(module.to_owned()).or_default();
        let before = wanted.exports().len();
        wanted.keys = Some(keys);
        if wanted.exports().len() > before {
            self.must_restart.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn must_restart(&self) -> bool {
        self.must_restart.load(Ordering::Relaxed)
    }

    /// Before another first load.
    pub(crate) fn restart(&self) {
        self.must_restart.store(false, Ordering::Relaxed);
        lock(&self.failed).clear();
        for wanted in lock(&self.wanted).values_mut() {
            wanted.is_declared = false;
        }
    }

    /// These took part in a `require` that failed.
    pub(crate) fn note_failed(&self, names: BTreeSet<String>) {
        lock(&self.failed).extend(names);
    }

    /// Whether one of those may be in `closure`.
    pub(crate) fn may_fail(&self, closure: &Closure) -> bool {
        closure.may_have(&*lock(&self.failed))
    }

    pub(crate) fn keep_positions(&self, module: &str, positions: Positions) {
        lock(&self.positions).insert(module.to_owned(), Arc::new(positions));
        self.has_positions.store(true, Ordering::Release);
    }

    /// The source map of a module; costs nothing where no module has one.
    pub(crate) fn positions(&self, module: &str) -> Option<Arc<Positions>> {
        if !self.has_positions.load(Ordering::Acquire) {
            return None;
        }
        lock(&self.positions).get(module).cloned()
    }
}

impl Wanted {
    fn exports(&self) -> Vec<String> {
        let keys = self.keys.iter().flatten().filter(|_| self.names.all);
        let mut exports: Vec<String> = keys.cloned().collect();
        let others = self.names.single.iter();
        let others: Vec<String> = others
            .filter(|name| !exports.contains(name))
            .cloned()
            .collect();
        exports.extend(others);
        exports
    }
}
