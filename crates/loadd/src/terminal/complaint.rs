//! Errors for people: file, line, key, what to do. On a terminal with the line of the file and a mark under the key (miette);
//! elsewhere one line for each problem, so that a log can hold it.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity,
    SourceCode, SourceOffset,
};

use super::screen;
use crate::config::{Origin, Problem, Refusal};

/// One error line.
pub(crate) fn line(message: &str) {
    screen::complain(&format!("error: {message}\n"));
}

/// Why a test is not run.
pub(crate) fn refusal(refusal: &Refusal) {
    let colours = !screen::colours_refused();
    screen::complain(&if screen::stderr_is_terminal() {
        pictured(refusal, colours)
    } else {
        plain(refusal)
    });
}

/// A line for each problem.
pub(crate) fn plain(refusal: &Refusal) -> String {
    let lines: Vec<String> = match refusal {
        Refusal::Usage(message) => vec![message.clone()],
        Refusal::Script(error) => vec![script(error)],
        Refusal::Config { problems, .. } => problems.iter().map(ToString::to_string).collect(),
    };
    lines
        .into_iter()
        .map(|line| format!("error: {line}\n"))
        .collect()
}

/// As k6 says it, for one log line: all that is wrong with the options as a list.
pub(crate) fn as_k6(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Usage(message) => message.clone(),
        Refusal::Script(error) => script(error),
        Refusal::Config { problems, .. } => {
            let mut text =
                "there were problems with the specified script configuration:".to_owned();
            for problem in problems {
                text.push_str(&format!("\n\t- {problem}"));
            }
            text
        }
    }
}

/// `a.js:3:5: message; help`, and the stack on lines of its own.
fn script(error: &loadd_script::ScriptError) -> String {
    let mut text = String::new();
    if let Some(file) = &error.file {
        text.push_str(file);
        for number in [error.line, error.line.and(error.column)]
            .into_iter()
            .flatten()
        {
            text.push_str(&format!(":{number}"));
        }
        text.push_str(": ");
    }
    text.push_str(&error.message);
    if let Some(help) = &error.help {
        text.push_str(&format!("; {help}"));
    }
    for frame in error
        .stack
        .lines()
        .map(str::trim)
        .filter(|frame| !frame.is_empty())
    {
        text.push_str(&format!("\n    {frame}"));
    }
    text
}

/// With the file's lines.
pub(crate) fn pictured(refusal: &Refusal, colours: bool) -> String {
    let Refusal::Config { problems, text } = refusal else {
        return plain(refusal);
    };
    let theme = if colours {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(120);
    let mut out = String::new();
    for problem in problems {
        // Where a report cannot be drawn, its one line says the same.
        if handler
            .render_report(&mut out, &Report::new(problem, text.as_deref()))
            .is_err()
        {
            out.push_str(&format!("error: {problem}"));
        }
        out.push('\n');
    }
    out
}

/// A problem as miette wants it.
#[derive(Debug)]
struct Report {
    message: String,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    at: Option<(usize, usize)>,
}

impl Report {
    fn new(problem: &Problem, text: Option<&str>) -> Report {
        let mut message = if problem.key.is_empty() {
            problem.message.clone()
        } else {
            format!("{}: {}", problem.key, problem.message)
        };
        let (mut source, mut at) = (None, None);
        match (&problem.origin, text) {
            (Origin::File { path, line, column }, Some(text)) => {
                source = Some(NamedSource::new(
                    path.display().to_string(),
                    text.to_owned(),
                ));
                let offset = SourceOffset::from_location(text, *line, *column).offset();
                let rest = text.get(offset..).unwrap_or("");
                let word = rest
                    .find(|letter: char| letter.is_whitespace() || "=],".contains(letter))
                    .unwrap_or(rest.len());
                at = Some((offset, word.max(1)));
            }
            (Origin::Default, _) => {}
            (origin, _) => message = format!("{origin}: {message}"),
        }
        Report {
            message,
            help: problem.help.clone(),
            source,
            at,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self
            .at
            .map(|(offset, length)| LabeledSpan::underline((offset, length)));
        Some(Box::new(label.into_iter()))
    }
}
