//! How the engine finds modules: specifier -> name -> compiled module.
//!
//! The first load reads files and compiles them ([`files`]); each VU's loader then only takes what the first load has put
//! into the [`Shared`](crate::bundle::Shared) part of the bundle. A file's module name is its path as the user knows it, so
//! that stack traces and relative imports speak the same names in every VU.
//!
//! Room for more: a further kind of source (TypeScript, CommonJS, `https:`) is a step in [`ModuleLoader::compile`] between the text and
//! its module.

use std::{rc::Rc, sync::Arc};

use rquickjs::{
    Ctx, Error, Exception, Module, Result,
    loader::{ImportAttributes, Loader, Resolver},
    module::Declared,
};

use crate::{
    bundle::{Mode, Shared},
    modules,
    state::State,
    sys::qjs::Bytecode,
};

pub(crate) mod files;

/// Resolves specifiers to module names.
pub(crate) struct ModuleResolver {
    pub(crate) state: Rc<State>,
}

/// Gives the module behind a name.
pub(crate) struct ModuleLoader {
    pub(crate) shared: Arc<Shared>,
}

impl Resolver for ModuleResolver {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        specifier: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        if self.state.linked.get() {
            // As in k6; and a module that is loaded late and never finishes cannot be freed soundly (see `vu/body.rs`).
            let message = format!(
                "import() of {specifier}: dynamic imports are not supported, use an import statement"
            );
            return Err(throw_reference(ctx, &message));
        }
        self.state
            .shared
            .resolve(base, specifier)
            .map_err(|message| {
                throw_reference(ctx, &format!("{message} (imported by {})", shown(base)))
            })
    }
}

impl Loader for ModuleLoader {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if let Some(declare) = modules::find(name) {
            return declare(ctx, name);
        }
        // Rule 2: taken out of the lock before the engine runs.
        let compiled = self.shared.compiled(name);
        match compiled {
            Some(code) => code.load(ctx),
            None if self.shared.mode() == Mode::Loading => self.compile(ctx, name),
            None => Err(throw_reference(
                ctx,
                &format!(
                    "{name} was not imported when the test was loaded, so it cannot be imported now"
                ),
            )),
        }
    }
}

impl ModuleLoader {
    /// Reads and compiles a file, and keeps its code for all VUs.
    fn compile<'js>(&self, ctx: &Ctx<'js>, name: &str) -> Result<Module<'js, Declared>> {
        let text = self
            .shared
            .source_of(name)
            .map_err(|message| throw_reference(ctx, &message))?;
        let module = Module::declare(ctx.clone(), name, text)?;
        self.shared.keep_code(name, Bytecode::of(&module)?);
        Ok(module)
    }
}

/// An error with a message of any length (the engine's own throw calls cut at 255 bytes).
fn throw_reference(ctx: &Ctx<'_>, message: &str) -> Error {
    Exception::throw_message(ctx, message)
}

fn shown(base: &str) -> &str {
    if base.is_empty() { "the test" } else { base }
}
