//! Logs on standard error, or where `--log-output` wants them: k6's text on a terminal, logfmt elsewhere, JSON or raw where
//! asked for; and counts by level for `loadd_log_messages_total`.

mod output;

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use loadd_script::ConsoleLevel;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter, Layer, layer::Context, layer::SubscriberExt, util::SubscriberInitExt,
};

use super::screen;
pub(crate) use output::LogOutput;
use output::Place;

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// k6's: coloured columns on a terminal, logfmt elsewhere.
    #[default]
    Text,
    /// One JSON object a line, keys sorted.
    Json,
    /// The message alone.
    Raw,
}

impl Format {
    /// `--log-format`: as in k6, what is neither `json` nor `raw` is text.
    pub(crate) fn of_k6(text: Option<&str>) -> Format {
        match text {
            Some("json") => Format::Json,
            Some("raw") => Format::Raw,
            Some(_) | None => Format::Text,
        }
    }
}

/// Least level that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Everything.
    Debug,
    /// What happens.
    #[default]
    Info,
    /// What looks wrong.
    #[serde(alias = "warning")]
    Warn,
    /// What is wrong.
    Error,
}

impl Level {
    /// By k6's names for it.
    fn parse(text: &str) -> Option<Level> {
        Some(match text {
            "trace" | "debug" => Level::Debug,
            "info" => Level::Info,
            "warn" | "warning" => Level::Warn,
            "error" | "fatal" | "panic" => Level::Error,
            _ => return None,
        })
    }

    fn directive(self) -> &'static str {
        match self {
            Level::Debug => {
                "info,loadd=debug,loadd_engine=debug,loadd_outputs=debug,loadd_admin=debug,loadd_script=debug"
            }
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// How many messages each level has had: debug, info, warning, error.
#[derive(Debug, Default)]
pub(crate) struct LogCounts([AtomicU64; 4]);

/// k6's level names, in the order of [`LogCounts`].
pub(crate) const LEVEL_NAMES: [&str; 4] = ["debug", "info", "warning", "error"];

impl LogCounts {
    /// The counts by level name.
    pub(crate) fn read(&self) -> [(&'static str, u64); 4] {
        std::array::from_fn(|index| (LEVEL_NAMES[index], self.0[index].load(Ordering::Relaxed)))
    }
}

/// What logs look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LogSettings {
    /// Form.
    pub(crate) format: Format,
    /// Least level; `RUST_LOG` wins.
    pub(crate) level: Level,
    /// Whether the terminal may be coloured.
    pub(crate) colours: bool,
    /// Where they go.
    pub(crate) output: LogOutput,
    /// A file for what scripts log, instead.
    pub(crate) console: Option<PathBuf>,
}

/// Starts logging for the whole process. Later calls change nothing and give counts of their own.
///
/// # Errors
/// A file that cannot be written, in words.
pub(crate) fn start(settings: &LogSettings) -> Result<Arc<LogCounts>, String> {
    let counts = Arc::new(LogCounts::default());
    let place = Place::open(&settings.output)?;
    let terminal = place.is_terminal();
    let console = settings.console.as_deref().map(Place::file).transpose()?;
    let filter = std::env::var("RUST_LOG")
        .ok()
        .and_then(|text| EnvFilter::try_new(text).ok())
        .unwrap_or_else(|| EnvFilter::new(settings.level.directive()));
    let lines = Lines {
        began: Instant::now(),
        format: settings.format,
        terminal,
        colours: settings.colours && terminal && !screen::colours_refused(),
        place,
        console,
        counts: Arc::clone(&counts),
    };
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init();
    if started.is_err() {
        tracing::debug!("logging was started already");
    }
    Ok(counts)
}

/// Starts logging where the flags could not be read: only the environment says how.
///
/// # Errors
/// As [`start`].
pub(crate) fn start_as_k6() -> Result<Arc<LogCounts>, String> {
    start(&LogSettings {
        format: Format::of_k6(std::env::var("K6_LOG_FORMAT").ok().as_deref()),
        colours: true,
        ..LogSettings::default()
    })
}

/// A line that a script has logged in init.
pub(crate) fn console(level: ConsoleLevel, line: &str) {
    match level {
        ConsoleLevel::Debug => {
            tracing::debug!(target: "loadd::console", source = "console", "{line}");
        }
        ConsoleLevel::Info => {
            tracing::info!(target: "loadd::console", source = "console", "{line}");
        }
        ConsoleLevel::Warn => {
            tracing::warn!(target: "loadd::console", source = "console", "{line}");
        }
        ConsoleLevel::Error => {
            tracing::error!(target: "loadd::console", source = "console", "{line}");
        }
    }
}

struct Lines {
    began: Instant,
    format: Format,
    terminal: bool,
    colours: bool,
    place: Place,
    /// For what scripts log.
    console: Option<Place>,
    counts: Arc<LogCounts>,
}

/// The target of what scripts log.
const CONSOLE: &str = "loadd::console";

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            tracing::Level::TRACE | tracing::Level::DEBUG => 0,
            tracing::Level::INFO => 1,
            tracing::Level::WARN => 2,
            tracing::Level::ERROR => 3,
        };
        self.counts.0[level].fetch_add(1, Ordering::Relaxed);
        let mut record = Record::default();
        event.record(&mut record);
        record.fields.sort_by(|a, b| a.0.cmp(&b.0));
        let own = self
            .console
            .as_ref()
            .filter(|_| event.metadata().target() == CONSOLE);
        if own.is_some() {
            record.fields.retain(|(name, _)| name != "source");
        }
        let line = match self.format {
            Format::Text if self.terminal && own.is_none() => {
                record.columns(level, self.began.elapsed().as_secs(), self.colours)
            }
            Format::Text => record.logfmt(level, &now()),
            Format::Json => record.json(level, &now()),
            Format::Raw => format!("{}\n", record.message),
        };
        own.unwrap_or(&self.place).write(level, &line);
    }
}

fn now() -> String {
    let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// One event's message and fields.
#[derive(Debug, Default)]
struct Record {
    message: String,
    fields: Vec<(String, String)>,
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.to_owned());
    }
}

impl Record {
    fn put(&mut self, name: &str, value: String) {
        let value = match loadd_script::redact_secrets(&value) {
            Cow::Borrowed(_) => value,
            Cow::Owned(redacted) => redacted,
        };
        if name == "message" {
            self.message = value;
        } else {
            self.fields.push((name.to_owned(), value));
        }
    }

    /// `INFO[0003] text                      key=value`
    fn columns(&self, level: usize, seconds: u64, colours: bool) -> String {
        let (name, colour) = [("DEBU", 37), ("INFO", 36), ("WARN", 33), ("ERRO", 31)][level];
        let paint = |text: &str| {
            if colours {
                format!("\x1b[{colour}m{text}\x1b[0m")
            } else {
                text.to_owned()
            }
        };
        let mut line = format!("{}[{seconds:04}] {:<44} ", paint(name), self.message);
        for (key, value) in &self.fields {
            write!(line, " {}={}", paint(key), quoted(value))
                .expect("writing into a String cannot fail");
        }
        format!("{}\n", line.trim_end())
    }

    /// `time="..." level=info msg="two words" source=console`
    fn logfmt(&self, level: usize, time: &str) -> String {
        let mut line = format!(
            "time=\"{time}\" level={} msg={}",
            LEVEL_NAMES[level],
            quoted(&self.message)
        );
        for (key, value) in &self.fields {
            write!(line, " {key}={}", quoted(value)).expect("writing into a String cannot fail");
        }
        line.push('\n');
        line
    }

    fn json(&self, level: usize, time: &str) -> String {
        let mut map: Map<String, Value> = self
            .fields
            .iter()
            .map(|(key, value)| (key.clone(), value.clone().into()))
            .collect();
        map.insert("level".into(), LEVEL_NAMES[level].into());
        map.insert("msg".into(), self.message.clone().into());
        map.insert("time".into(), time.into());
        format!("{}\n", Value::Object(map))
    }
}

/// The text, in quotes where logfmt needs them.
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/@^+".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("{text:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            message: "two words".into(),
            fields: vec![
                ("error".into(), "no \"such\" host".into()),
                ("source".into(), "console".into()),
            ],
        }
    }

    #[test]
    fn a_line_has_the_form_of_k6() {
        let time = "2026-11-24T12:00:00Z";
        assert_eq!(
            record().logfmt(1, time),
            "time=\"2026-11-24T12:00:00Z\" level=info msg=\"two words\" error=\"no \\\"such\\\" host\" source=console\n"
        );
        assert_eq!(
            record().json(2, time),
            "{\"error\":\"no \\\"such\\\" host\",\"level\":\"warning\",\"msg\":\"two words\",\"source\":\"console\",\"time\":\"2026-11-24T12:00:00Z\"}\n"
        );
        assert_eq!(
            record().columns(3, 3, false),
            "ERRO[0003] two words                                     error=\"no \\\"such\\\" host\" source=console\n"
        );
    }
}
