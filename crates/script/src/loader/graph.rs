//! The walk over static imports: reads and parses a module and all that it imports, before the engine sees any of them.
//!
//! So a missing file is an error of the import statement that names it, the network is asked outside of the engine, and the
//! names that are wanted from a CommonJS file or a built-in module are known when the engine asks for their exports.

use std::collections::{BTreeSet, VecDeque};

use super::{
    files,
    parse::{self, Dialect, Kind},
    positions::Positions,
};
use crate::{
    bundle::{LoadFault, Place, Shared, Unit},
    modules,
};

/// Parser and transformer recurse with the nesting of a text. Only what is touched is ever made real.
const STACK_BYTES: usize = 256 << 20;

/// Makes `name` and all that it imports known to `shared`. Blocks; runs no script.
///
/// # Errors
/// The first fault, with its place.
pub(crate) fn prepare(shared: &Shared, name: &str) -> Result<(), LoadFault> {
    if modules::find(name).is_some() || shared.unit(name).is_some() {
        return Ok(());
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("script-loader".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || walk(shared, name))
            .map_err(|error| LoadFault::new(format!("no thread to load {name} with: {error}")))?
            .join()
            .unwrap_or_else(|panic| {
                let text = crate::sys::qjs::panic_text(&*panic);
                Err(LoadFault::new(format!(
                    "the parser failed over a module imported by {name}: {text}"
                )))
            })
    })
}

struct Waiting {
    name: String,
    /// The import statement that names it.
    wanted_at: Option<Place>,
}

fn walk(shared: &Shared, root: &str) -> Result<(), LoadFault> {
    let mut waiting = VecDeque::from([Waiting {
        name: root.to_owned(),
        wanted_at: None,
    }]);
    while let Some(Waiting { name, wanted_at }) = waiting.pop_front() {
        if shared.unit(&name).is_some() {
            continue;
        }
        let text = shared.source_of(&name).map_err(|message| LoadFault {
            place: wanted_at,
            ..LoadFault::new(message)
        })?;
        let parsed =
            parse::parse(&name, text, dialect(shared, &name)).map_err(|fault| LoadFault {
                place: Some(Place {
                    file: name.clone(),
                    line: fault.line,
                    column: fault.column,
                }),
                ..LoadFault::new(fault.message)
            })?;
        let mut needs = Vec::new();
        let is_read = parsed.requests.is_some();
        for request in parsed.requests.into_iter().flatten() {
            let place = Place {
                file: name.clone(),
                line: request.line,
                column: request.column,
            };
            let target = match shared.resolve(&name, &request.specifier) {
                Ok(target) => target,
                Err(message) => {
                    return Err(LoadFault {
                        message: format!("{message} (imported by {name})"),
                        place: Some(place),
                    });
                }
            };
            shared.want(&target, &request.names);
            if modules::find(&target).is_none() {
                needs.push(target.clone());
                waiting.push_back(Waiting {
                    name: target,
                    wanted_at: Some(place),
                });
            }
        }
        let positions = parsed
            .positions
            .or_else(|| Positions::named_in(&name, &parsed.text));
        if let Some(positions) = positions {
            shared.keep_positions(&name, positions);
        }
        let unit = Unit::new(
            parsed.kind,
            parsed.text,
            is_read.then_some(needs),
            parsed.uses_meta,
        );
        shared.keep_unit(&name, unit);
    }
    Ok(())
}

fn dialect(shared: &Shared, name: &str) -> Dialect {
    let path = match name.split_once(['?', '#']) {
        Some((path, _)) if files::is_url(name) => path,
        Some(_) | None => name,
    };
    if shared.is_standard_input(name) {
        Dialect::Either
    } else if path.ends_with(".ts") {
        Dialect::TypeScript
    } else {
        Dialect::JavaScript
    }
}

/// A module and all that it imports, at whatever depth, as far as ES modules go.
pub(crate) struct Closure {
    pub(crate) names: BTreeSet<String>,
    /// Whether that is all: the parser could read each of them.
    pub(crate) is_whole: bool,
}

impl Closure {
    pub(crate) fn of(shared: &Shared, root: &str) -> Closure {
        let mut closure = Closure {
            names: BTreeSet::new(),
            is_whole: true,
        };
        let mut waiting = vec![root.to_owned()];
        while let Some(name) = waiting.pop() {
            if closure.names.contains(&name) {
                continue;
            }
            if let Some(unit) = shared.unit(&name)
                && unit.kind == Kind::Module
            {
                waiting.extend(unit.needs.iter().flatten().cloned());
                // What neither parser nor engine could read imports nothing.
                closure.is_whole &= unit.needs.is_some() || !unit.is_compiled();
            }
            closure.names.insert(name);
        }
        closure
    }

    /// Whether one of `names` may be in it.
    pub(crate) fn may_have<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> bool {
        names
            .into_iter()
            .any(|name| !self.is_whole || self.names.contains(name))
    }
}
