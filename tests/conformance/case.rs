//! A case: a script with its expectation in the `//!` lines above it. README.md beside this file has the grammar.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::Signal;

use crate::rest::Step;

/// One run of the binary and what must come of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    /// `folder/file`, or `folder/file#variant`.
    pub(crate) name: String,
    /// The script, and the files beside it.
    pub(crate) files: Vec<(String, String)>,
    /// Files of the project that it gets: where from, and its name for it.
    pub(crate) copies: Vec<(String, String)>,
    /// Command lines that come first and must end with 0.
    pub(crate) before: Vec<Vec<String>>,
    /// The command line.
    pub(crate) command: Vec<String>,
    /// A shell's line in the place of the command line; the binary is on its path as `k6`.
    pub(crate) shell: Option<String>,
    /// Environment of the process.
    pub(crate) environment: Vec<(String, String)>,
    /// Gives the script to standard input.
    pub(crate) stdin: bool,
    /// Exit code.
    pub(crate) exit: i32,
    /// Sends this signal once that text shows.
    pub(crate) signals: Vec<(Signal, String)>,
    /// Requests to its REST API.
    pub(crate) steps: Vec<Step>,
    /// Longest run in seconds.
    pub(crate) limit: u64,
    /// Why it is not met yet.
    pub(crate) pending: Option<String>,
    /// What must hold, in the order of the lines.
    pub(crate) expected: Vec<Expected>,
}

/// One line of an expectation.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    /// What it looks at.
    pub(crate) subject: Subject,
    /// What it says, without the name of the subject.
    pub(crate) text: String,
}

/// What an expectation looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Lines of standard error.
    Log,
    /// Text that must not be on standard error.
    NoLog,
    /// Texts on standard error in this order.
    Order,
    /// Standard output.
    Out,
    /// Text that must not be on standard output.
    NoOut,
    /// A field of a metric in handleSummary's data.
    Metric,
    /// Passes and fails of one check.
    Check,
    /// All checks pass, so many times in all.
    Checks,
    /// Requests that the target served on a path.
    Served,
    /// Requests as they came over the wire.
    Wire,
    /// Text that no request on the wire has.
    NoWire,
    /// Samples in `--out json`.
    Point,
    /// The whole standard output as JSON.
    OutJson,
    /// A file that the run has written.
    File,
    /// The same as JSON.
    FileJson,
    /// A file that it must not have written.
    NoFile,
    /// A metric as the receiver of OTLP was told last.
    Otlp,
    /// Length of the run in seconds.
    Took,
}

const SUBJECTS: &[(&str, Subject)] = &[
    ("log", Subject::Log),
    ("no log", Subject::NoLog),
    ("order", Subject::Order),
    ("out", Subject::Out),
    ("no out", Subject::NoOut),
    ("out json", Subject::OutJson),
    ("file json", Subject::FileJson),
    ("metric", Subject::Metric),
    ("check", Subject::Check),
    ("checks", Subject::Checks),
    ("served", Subject::Served),
    ("wire", Subject::Wire),
    ("no wire", Subject::NoWire),
    ("point", Subject::Point),
    ("file", Subject::File),
    ("no file", Subject::NoFile),
    ("otlp", Subject::Otlp),
    ("took", Subject::Took),
];

/// All cases below a folder, by name.
///
/// # Panics
/// When a file cannot be read, or a line of it is not of the grammar: with its place.
pub(crate) fn collect(folder: &Path) -> Vec<Case> {
    let mut files = Vec::new();
    walk(folder, &mut files);
    files.sort();
    files
        .iter()
        .flat_map(|file| {
            let name = file
                .strip_prefix(folder)
                .expect("found below it")
                .to_string_lossy();
            let text = fs::read_to_string(file).expect("a case is UTF-8");
            parse(&name, &text)
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder)
        .expect("the cases have a folder")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else if path
            .extension()
            .is_some_and(|ext| ext == "js" || ext == "ts")
        {
            found.push(path);
        }
    }
}

/// The cases of one file: one, or one for each `case:` line.
///
/// # Panics
/// On a line that is not of the grammar.
pub(crate) fn parse(name: &str, text: &str) -> Vec<Case> {
    let header: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .collect();
    let script = if name.ends_with(".ts") {
        "script.ts"
    } else {
        "script.js"
    };
    let stem = name.trim_end_matches(".js").trim_end_matches(".ts");
    let mut common = Draft::default();
    let mut variants: Vec<(String, Draft)> = Vec::new();
    let mut ruled = false;
    for line in header {
        let line = line.trim();
        let (key, value) = line
            .split_once(':')
            .unwrap_or_else(|| panic!("{name}: `{line}` has no colon"));
        let (key, value) = (key.trim(), value.trim());
        match key {
            "rule" => ruled = true,
            "case" => variants.push((value.to_owned(), common.clone())),
            _ => {
                let draft = variants.last_mut().map_or(&mut common, |(_, draft)| draft);
                assert!(draft.take(key, value), "{name}: `{key}` is no key");
            }
        }
    }
    assert!(ruled, "{name}: say which rule it shows (`//! rule: ...`)");
    if variants.is_empty() {
        return vec![common.finish(stem.to_owned(), script, text)];
    }
    variants
        .into_iter()
        .map(|(variant, draft)| draft.finish(format!("{stem}#{variant}"), script, text))
        .collect()
}

#[derive(Debug, Clone, Default)]
struct Draft {
    case: Case,
    with: Option<String>,
    run: Option<String>,
    command: Option<String>,
}

impl Draft {
    fn take(&mut self, key: &str, value: &str) -> bool {
        let case = &mut self.case;
        let number = || {
            value
                .parse()
                .unwrap_or_else(|_| panic!("`{value}`: no number"))
        };
        match key {
            "with" => self.with = Some(value.to_owned()),
            "shell" => case.shell = Some(value.to_owned()),
            "run" => self.run = Some(value.to_owned()),
            "command" => self.command = Some(value.to_owned()),
            "before" => case.before.push(words(value)),
            "copy" => {
                let (from, to) = value.split_once(' ').expect("copy: FROM NAME");
                case.copies.push((from.to_owned(), to.to_owned()));
            }
            "env" => {
                let (name, value) = value.split_once('=').expect("env: NAME=VALUE");
                case.environment.push((name.to_owned(), value.to_owned()));
            }
            "stdin" => case.stdin = value == "script",
            "exit" => case.exit = number(),
            "ask" | "until" => case.steps.push(Step::parse(value, key == "until")),
            "limit" => case.limit = number().unsigned_abs().into(),
            "pending" => case.pending = Some(value.to_owned()),
            "signal" => {
                let (signal, text) = value.split_once(" after ").expect("signal: INT after TEXT");
                let signal = match signal {
                    "INT" => Signal::INT,
                    "TERM" => Signal::TERM,
                    other => panic!("`{other}`: no signal"),
                };
                case.signals.push((signal, text.to_owned()));
            }
            _ => {
                let Some((_, subject)) = SUBJECTS.iter().find(|(name, _)| *name == key) else {
                    return false;
                };
                case.expected.push(Expected {
                    subject: *subject,
                    text: value.to_owned(),
                });
            }
        }
        true
    }

    fn finish(self, name: String, script: &str, text: &str) -> Case {
        let mut case = self.case;
        case.name = name;
        if case.limit == 0 {
            case.limit = 40;
        }
        let text = text.replace("__WITH__", self.with.as_deref().unwrap_or("{}"));
        case.files = split_files(script, &text);
        case.command = match (self.command, self.run) {
            (Some(command), _) => words(&command),
            (None, run) => {
                let source = if case.stdin { "-" } else { script };
                let mut command = vec!["run".to_owned()];
                command.extend(words(&run.unwrap_or_default()));
                command.push(source.to_owned());
                command
            }
        };
        case
    }
}

/// The script, and what follows each `//@ file: NAME` line as a file of that name.
fn split_files(script: &str, text: &str) -> Vec<(String, String)> {
    let mut files = vec![(script.to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("//@ file:") {
            files.push((name.trim().to_owned(), String::new()));
        } else if let Some((_, content)) = files.last_mut() {
            content.push_str(line);
        }
    }
    files
}

/// Words of a command line; quotes hold together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (Some(_) | None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
