//! What a source text is and what it asks of others: its kind, its imports with their names, and TypeScript made JavaScript.
//!
//! The parser (oxc) looks; the script engine compiles. A text that the parser cannot read is left to the engine, whose
//! complaint is then the one that users see, except for TypeScript, of which the engine knows nothing.
//!
//! The parser and the transformer recurse with the text's nesting: this runs on a thread with a deep stack (see `graph`).

use std::collections::BTreeSet;

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::{Parser, ParserReturn};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_syntax::module_record::{ExportImportName, ImportEntry, ImportImportName, ModuleRecord};
use oxc_transformer::{TransformOptions, Transformer};

use super::positions::Positions;
use crate::modules::NAMES_ONLY;

/// How a file is run. Decided by its content, never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An ES module.
    Module,
    /// A function of `module` and `exports`.
    CommonJs,
}

/// Whether types may be stripped where the text is no JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// JavaScript only.
    JavaScript,
    /// `.ts`: what is wrong is said in terms of TypeScript.
    TypeScript,
    /// Standard input: TypeScript where it is that, else JavaScript with its own complaint.
    Either,
}

/// A text that can be compiled.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) kind: Kind,
    /// JavaScript.
    pub(crate) text: String,
    /// `None` where the parser could not read it, but the engine may.
    pub(crate) requests: Option<Vec<Request>>,
    /// Whether it looks at `import.meta`.
    pub(crate) uses_meta: bool,
    /// From the JavaScript back to the text as it was, where types were stripped.
    pub(crate) positions: Option<Positions>,
}

/// One specifier that a module imports from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) specifier: String,
    pub(crate) names: Names,
    /// 1-based, in the text as it was.
    pub(crate) line: u32,
    /// 1-based.
    pub(crate) column: u32,
}

/// Which exports of a module somebody wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// By name; `default` is one.
    pub(crate) single: BTreeSet<String>,
    /// As a namespace, or passed on by `export *`.
    pub(crate) all: bool,
}

/// Why TypeScript cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxFault {
    pub(crate) message: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Looks at `text`.
///
/// # Errors
/// Where TypeScript cannot be read.
pub(crate) fn parse(name: &str, text: String, dialect: Dialect) -> Result<Parsed, SyntaxFault> {
    let text = match javascript(&text, Namespaces::Look) {
        Some(Looked::Whole(parsed)) => return Ok(Parsed { text, ..parsed }),
        Some(Looked::Namespaces(places)) => names_only(text, &places),
        None => text,
    };
    if let Some(Looked::Whole(parsed)) = javascript(&text, Namespaces::Done) {
        return Ok(Parsed { text, ..parsed });
    }
    let left_to_the_engine = |text| Parsed {
        kind: Kind::Module,
        text,
        requests: None,
        uses_meta: false,
        positions: None,
    };
    match dialect {
        Dialect::JavaScript => Ok(left_to_the_engine(text)),
        Dialect::TypeScript => typescript(name, &text),
        Dialect::Either => Ok(typescript(name, &text).unwrap_or_else(|_| left_to_the_engine(text))),
    }
}

/// Everything but the text itself; `None` where it is no JavaScript.
fn javascript(text: &str, namespaces: Namespaces) -> Option<Looked> {
    let allocator = Allocator::default();
    let as_module = Parser::new(&allocator, text, SourceType::mjs()).parse();
    let is_module = is_whole(&as_module);
    let record = &as_module.module_record;
    let kind = if is_module && (record.has_module_syntax || !record.import_metas.is_empty()) {
        Kind::Module
    } else if is_whole(&Parser::new(&allocator, text, SourceType::cjs()).parse()) {
        Kind::CommonJs
    } else if is_module {
        // Only a top-level `await` makes this difference.
        Kind::Module
    } else {
        return None;
    };
    if kind == Kind::Module && namespaces == Namespaces::Look {
        let places = namespaces_of_builtins(record);
        if !places.is_empty() {
            return Some(Looked::Namespaces(places));
        }
    }
    let requests = match kind {
        Kind::Module => requests(record, text),
        Kind::CommonJs => Vec::new(),
    };
    Some(Looked::Whole(Parsed {
        kind,
        text: String::new(),
        requests: Some(requests),
        uses_meta: !record.import_metas.is_empty(),
        positions: None,
    }))
}

/// Whether imports of built-in modules as a namespace are still to be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Namespaces {
    Look,
    Done,
}

enum Looked {
    Whole(Parsed),
    /// Where the specifiers of such imports end.
    Namespaces(Vec<usize>),
}

/// `import * as it from 'k6/http'`: the namespace of a built-in module has no `default` in k6, so that it is another module
/// than the one that has. Gives where the specifiers end.
fn namespaces_of_builtins(record: &ModuleRecord<'_>) -> Vec<usize> {
    let is_namespace =
        |entry: &&ImportEntry<'_>| matches!(entry.import_name, ImportImportName::NamespaceObject);
    let mut places = Vec::new();
    for entry in record.import_entries.iter().filter(is_namespace) {
        let specifier = entry.module_request.name.as_str();
        let is_builtin = specifier == "k6" || specifier.starts_with("k6/");
        let alone = record
            .import_entries
            .iter()
            .filter(|other| other.statement_span == entry.statement_span)
            .all(|other| is_namespace(&other));
        if is_builtin && alone {
            places.extend(usize::try_from(entry.module_request.span.end).ok());
        }
    }
    places.sort_unstable();
    places
}

/// The text with the mark of a namespace in these specifiers. It stands behind all else of the statement, so that no place
/// that an error can name is moved.
fn names_only(mut text: String, places: &[usize]) -> String {
    for end in places.iter().rev() {
        text.insert_str(end - 1, NAMES_ONLY);
    }
    text
}

fn is_whole(parsed: &ParserReturn<'_>) -> bool {
    !parsed.panicked && !parsed.diagnostics.has_errors()
}

fn requests(record: &ModuleRecord<'_>, text: &str) -> Vec<Request> {
    let mut found: Vec<(u32, Request)> = Vec::new();
    for (specifier, places) in &record.requested_modules {
        let start = places.first().map_or(0, |place| place.statement_span.start);
        let (line, column) = place_at(text, start);
        let request = Request {
            specifier: specifier.to_string(),
            names: Names::default(),
            line,
            column,
        };
        found.push((start, request));
    }
    found.sort_by_key(|(start, _)| *start);
    let mut found: Vec<Request> = found.into_iter().map(|(_, request)| request).collect();
    let mut want = |specifier: &str, name: Option<&str>| {
        let request = found
            .iter_mut()
            .find(|request| request.specifier == specifier);
        if let Some(request) = request {
            match name {
                Some(name) => drop(request.names.single.insert(name.to_owned())),
                None => request.names.all = true,
            }
        }
    };
    for entry in &record.import_entries {
        let name = match &entry.import_name {
            ImportImportName::Name(name) => Some(name.name.as_str()),
            ImportImportName::Default(_) => Some("default"),
            ImportImportName::NamespaceObject => None,
        };
        want(entry.module_request.name.as_str(), name);
    }
    for entry in record
        .indirect_export_entries
        .iter()
        .chain(&record.star_export_entries)
    {
        let Some(request) = &entry.module_request else {
            continue;
        };
        match &entry.import_name {
            ExportImportName::Name(name) => {
                want(request.name.as_str(), Some(name.name.as_str()));
            }
            ExportImportName::All | ExportImportName::AllButDefault => {
                want(request.name.as_str(), None);
            }
            ExportImportName::Null => {}
        }
    }
    found
}

/// Strips types and lowers what is TypeScript's own (enums, namespaces, parameter properties).
fn typescript(name: &str, text: &str) -> Result<Parsed, SyntaxFault> {
    let allocator = Allocator::default();
    let path = std::path::Path::new(name);
    let parsed = Parser::new(&allocator, text, SourceType::ts()).parse();
    check(&parsed.diagnostics, text)?;
    let mut program = parsed.program;
    let semantic = SemanticBuilder::new()
        .with_excess_capacity(2.0)
        .with_enum_eval(true)
        .build(&program);
    check(&semantic.diagnostics, text)?;
    let scoping = semantic.semantic.into_scoping();
    let transformed = Transformer::new(&allocator, path, &TransformOptions::default())
        .build_with_scoping(scoping, &mut program);
    check(&transformed.diagnostics, text)?;
    let printed = Codegen::new()
        .with_options(CodegenOptions {
            source_map_path: Some(path.to_owned()),
            ..CodegenOptions::default()
        })
        .build(&program);
    let positions = printed.map.map(|map| Positions::own(name, &map));
    let code = match javascript(&printed.code, Namespaces::Look) {
        Some(Looked::Namespaces(places)) => names_only(printed.code, &places),
        Some(Looked::Whole(_)) | None => printed.code,
    };
    let Some(Looked::Whole(mut parsed)) = javascript(&code, Namespaces::Done) else {
        let message = "this TypeScript has no JavaScript form".to_owned();
        return Err(SyntaxFault {
            message,
            line: 1,
            column: 1,
        });
    };
    if let Some(positions) = &positions {
        for request in parsed.requests.iter_mut().flatten() {
            if let Some((_, line, column)) = positions.translate(request.line, request.column) {
                (request.line, request.column) = (line, column);
            }
        }
    }
    Ok(Parsed {
        text: code,
        positions,
        ..parsed
    })
}

fn check(diagnostics: &oxc_diagnostics::Diagnostics, text: &str) -> Result<(), SyntaxFault> {
    diagnostics.errors().next().map_or(Ok(()), |diagnostic| {
        let (line, column) = place_at(text, start_of(diagnostic));
        Err(SyntaxFault {
            message: format!("SyntaxError: {}", diagnostic.message),
            line,
            column,
        })
    })
}

fn start_of(diagnostic: &OxcDiagnostic) -> u32 {
    diagnostic
        .labels
        .first()
        .map_or(0, oxc_span::LabeledSpan::offset)
}

/// Line and column, both from 1, of a byte of `text`.
fn place_at(text: &str, byte: u32) -> (u32, u32) {
    let end = text.floor_char_boundary(usize::try_from(byte).unwrap_or(text.len()).min(text.len()));
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (small(line), small(column))
}

#[cfg(test)]
mod tests;
