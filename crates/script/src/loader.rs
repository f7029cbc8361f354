//! How the engine finds modules: specifier -> name -> compiled module.
//!
//! The first load reads files and compiles them ([`files`]); each VU's loader then only takes what the first load has put
//! into the [`Shared`](crate::bundle::Shared) part of the bundle. A file's module name is its path as the user knows it, so
//! that stack traces and relative imports speak the same names in every VU.
//!
//! Before the engine is asked for a module, its text and those of all that it imports are read and parsed ([`graph`], [`parse`]).
//! By content a file is an ES module, or a CommonJS one ([`commonjs`]). `https:` ones come from [`remote`], and what was
//! compiled from something else than the user's own text finds its way back by [`positions`].

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
    sys::qjs,
};

pub(crate) mod commonjs;
pub(crate) mod files;
pub(crate) mod graph;
pub(crate) mod import_map;
pub(crate) mod parse;
pub(crate) mod positions;
pub(crate) mod remote;

use commonjs::REQUIRE_BASE;
use parse::Kind;

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
        attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        if attributes.is_some() {
            return Err(Exception::throw_syntax(
                ctx,
                &format!(
                    "import of {specifier} with attributes: they are not supported; read JSON by JSON.parse(open(..))"
                ),
            ));
        }
        if base == REQUIRE_BASE {
            // Resolved by `require`.
            return Ok(specifier.to_owned());
        }
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
        let unit = match self.shared.unit(name) {
            Some(unit) => unit,
            None if self.shared.mode() == Mode::Loading => {
                // Imported by a module that the parser could not read but the engine could.
                self.shared
                    .prepare(name)
                    .map_err(|fault| throw_reference(ctx, &fault.message))?;
                self.shared
                    .unit(name)
                    .ok_or_else(|| throw_reference(ctx, &format!("{name} is not loaded")))?
            }
            None => {
                return Err(throw_reference(
                    ctx,
                    &format!(
                        "{name} was not imported when the test was loaded, so it cannot be imported now"
                    ),
                ));
            }
        };
        match unit.kind {
            Kind::CommonJs => Module::declare_def::<commonjs::Imported, _>(ctx.clone(), name),
            Kind::Module => {
                let module = unit.module(ctx, name)?;
                if unit.uses_meta {
                    let resolve = qjs::function(ctx, "resolve", 1, commonjs::resolve_address)?;
                    module.meta()?.set("resolve", resolve)?;
                }
                Ok(module)
            }
        }
    }
}

/// An error with a message of any length (the engine's own throw calls cut at 255 bytes).
fn throw_reference(ctx: &Ctx<'_>, message: &str) -> Error {
    Exception::throw_message(ctx, message)
}

fn shown(base: &str) -> &str {
    if base.is_empty() { "the test" } else { base }
}
