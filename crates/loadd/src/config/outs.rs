//! Outputs by k6's names (`-o`, `K6_OUT`, the config file's `out`): which there are, what their arguments mean, and where
//! their settings come from (default < JSON < environment < argument).

use std::{path::PathBuf, time::Duration};

use loadd_outputs::{OtlpSettings, TimeFormat};
use serde_json::{Map, Value};

use super::{otel, prometheus_rw, surroundings::Surroundings};

/// An output that writes every sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileOut {
    /// `None`: standard output.
    pub(crate) path: Option<PathBuf>,
    /// How often it is written.
    pub(crate) flush_every: Duration,
    /// In which form.
    pub(crate) form: FileForm,
}

/// Form of a [`FileOut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileForm {
    /// k6's JSON lines.
    Json,
    /// k6's CSV.
    Csv(TimeFormat),
}

/// All outputs that were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outs {
    /// Those that write every sample.
    pub(crate) files: Vec<FileOut>,
    /// The table `remote_write` that k6's variables amount to.
    pub(crate) remote_write: Option<Map<String, Value>>,
    /// Pushing over OTLP by k6's variables.
    pub(crate) otlp: Option<OtlpSettings>,
    /// Where the page is served as k6's dashboard.
    pub(crate) dashboard: Option<String>,
    /// As the header shows them.
    pub(crate) names: Vec<String>,
    /// To be said aloud.
    pub(crate) warnings: Vec<String>,
}

const KNOWN: &str = "csv, experimental-prometheus-rw, json, opentelemetry, web-dashboard";

/// Settings of one output, beside its argument.
pub(super) struct Sources<'s> {
    pub(super) around: &'s Surroundings,
    pub(super) json: Option<&'s Value>,
    pub(super) prefix: &'static str,
}

impl Sources<'_> {
    /// The value of a setting: the variable, or else the JSON.
    pub(super) fn get(&self, variable: &str, key: &str) -> Option<String> {
        let name = format!("{}{variable}", self.prefix);
        if let Some(text) = self.around.var(&name).filter(|text| !text.is_empty()) {
            return Some(text.to_owned());
        }
        match self.json?.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            Value::Array(items) => {
                let items = items.iter().map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                });
                Some(items.collect::<Vec<_>>().join(","))
            }
            other => Some(other.to_string()),
        }
    }

    /// A truth value.
    pub(super) fn yes(&self, variable: &str, key: &str) -> Result<Option<bool>, String> {
        let Some(text) = self.get(variable, key) else {
            return Ok(None);
        };
        match super::options::read(super::options::Form::Bool, &text) {
            Ok(value) => Ok(value.and_then(|value| value.as_bool())),
            Err(error) => Err(format!("{}{variable}: {error}", self.prefix)),
        }
    }

    /// A duration; a bare number is milliseconds.
    pub(super) fn duration(&self, variable: &str, key: &str) -> Result<Option<Duration>, String> {
        self.get(variable, key)
            .map(|text| {
                duration(&text).map_err(|error| format!("{}{variable}: {error}", self.prefix))
            })
            .transpose()
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let value = loadd_timeline::parse_duration(text).map_err(|error| error.to_string())?;
    value
        .as_duration()
        .ok_or_else(|| format!("\"{text}\" is negative"))
}

/// An output that cannot be built, in words.
#[derive(Debug)]
pub(crate) enum OutError {
    /// There is none of the kind, or not so: the command line's fault (255).
    Usage(String),
    /// A setting of it cannot be meant: a fault of the config (104).
    Setting(String),
}

/// Reads the outputs. `collectors`: the config file's JSON for each.
///
/// # Errors
/// The first output that cannot be built, in words.
pub(crate) fn read(
    list: &[String],
    collectors: &Map<String, Value>,
    around: &Surroundings,
) -> Result<Outs, OutError> {
    let mut outs = Outs::default();
    for item in list
        .iter()
        .map(|item| item.trim())
        .filter(|item| !item.is_empty())
    {
        let (name, argument) = item.split_once('=').unwrap_or((item, ""));
        let sources = |prefix| Sources {
            around,
            json: collectors.get(name),
            prefix,
        };
        match name {
            "json" => {
                let path = place(argument);
                outs.names.push(shown("json", path.as_ref()));
                outs.files.push(FileOut {
                    path,
                    flush_every: Duration::from_millis(200),
                    form: FileForm::Json,
                });
            }
            "csv" => {
                let out = csv(argument, &sources("K6_CSV_")).map_err(OutError::Usage)?;
                outs.names.push(shown("csv", out.path.as_ref()));
                outs.files.push(out);
            }
            "experimental-prometheus-rw" => {
                let table = prometheus_rw::table(&sources("K6_PROMETHEUS_RW_"), &mut outs.warnings)
                    .map_err(OutError::Usage)?;
                let url = table.get("url").and_then(Value::as_str).unwrap_or_default();
                outs.names.push(format!("Prometheus remote write ({url})"));
                if outs.remote_write.replace(table).is_some() {
                    return Err(OutError::Usage(
                        "output experimental-prometheus-rw: named twice".to_owned(),
                    ));
                }
            }
            "web-dashboard" => {
                let sources = sources("K6_WEB_DASHBOARD_");
                outs.dashboard =
                    dashboard(argument, &sources, &mut outs.warnings).map_err(OutError::Usage)?;
            }
            "opentelemetry" | "experimental-opentelemetry" => {
                let settings = otel::settings(&sources("K6_OTEL_"), &mut outs.warnings)
                    .map_err(OutError::Setting)?;
                outs.names
                    .push(format!("opentelemetry ({})", settings.endpoint));
                if outs.otlp.replace(settings).is_some() {
                    return Err(OutError::Usage(
                        "output opentelemetry: named twice".to_owned(),
                    ));
                }
            }
            "kafka" | "statsd" | "datadog" => {
                return Err(OutError::Usage(format!(
                    "output {name}: k6 has removed it, and loadd has it not; there are {KNOWN}"
                )));
            }
            "cloud" => {
                return Err(OutError::Usage("output cloud: there is no cloud; push to Prometheus (experimental-prometheus-rw)".to_owned()));
            }
            "influxdb" => {
                return Err(OutError::Usage(format!(
                    "output influxdb: not supported; there are {KNOWN}"
                )));
            }
            _ => {
                return Err(OutError::Usage(format!(
                    "invalid output type '{name}', available types are: {KNOWN}"
                )));
            }
        }
    }
    Ok(outs)
}

fn place(argument: &str) -> Option<PathBuf> {
    (!argument.is_empty() && argument != "-").then(|| argument.into())
}

fn shown(name: &str, path: Option<&PathBuf>) -> String {
    path.map_or_else(
        || format!("{name} (-)"),
        |path| format!("{name} ({})", path.display()),
    )
}

fn csv(argument: &str, sources: &Sources<'_>) -> Result<FileOut, String> {
    let mut file = sources
        .get("FILENAME", "file_name")
        .unwrap_or_else(|| "file.csv".to_owned());
    let mut flush_every = sources
        .duration("SAVE_INTERVAL", "save_interval")?
        .unwrap_or(Duration::from_secs(1));
    let mut format = sources
        .get("TIME_FORMAT", "time_format")
        .unwrap_or_else(|| "unix".to_owned());
    if argument.contains('=') {
        for pair in argument.split(',') {
            match pair.split_once('=') {
                Some(("fileName", value)) => file = value.to_owned(),
                Some(("saveInterval", value)) => {
                    flush_every =
                        duration(value).map_err(|error| format!("output csv: {error}"))?;
                }
                Some(("timeFormat", value)) => format = value.to_owned(),
                Some((key, _)) => {
                    return Err(format!(
                        "output csv: unknown key '{key}'; there are fileName, saveInterval and timeFormat"
                    ));
                }
                None => return Err(format!("output csv: '{pair}' is not of the form key=value")),
            }
        }
    } else if !argument.is_empty() {
        file = argument.to_owned();
    }
    let time = TimeFormat::parse(&format).ok_or_else(|| {
        format!("output csv: '{format}' is no time format; there are unix, unix_milli, unix_micro, unix_nano, rfc3339 and rfc3339_nano")
    })?;
    Ok(FileOut {
        path: place(&file),
        flush_every,
        form: FileForm::Csv(time),
    })
}

/// The address of the dashboard; `None`: no server.
fn dashboard(
    argument: &str,
    sources: &Sources<'_>,
    warnings: &mut Vec<String>,
) -> Result<Option<String>, String> {
    let mut keys: Map<String, Value> = Map::new();
    for (variable, key) in [
        ("HOST", "host"),
        ("PORT", "port"),
        ("PERIOD", "period"),
        ("OPEN", "open"),
        ("EXPORT", "export"),
        ("REPORT", "report"),
        ("RECORD", "record"),
        ("TAGS", "tags"),
    ] {
        if let Some(value) = sources.get(variable, key) {
            keys.insert(key.to_owned(), value.into());
        }
    }
    for pair in argument.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        keys.insert(key.to_owned(), value.into());
    }
    let (mut host, mut port) = ("0.0.0.0".to_owned(), 5665_i32);
    for (key, value) in &keys {
        let text = value.as_str().unwrap_or_default();
        match key.as_str() {
            "host" if text.is_empty() => {}
            "host" => text.clone_into(&mut host),
            "port" => {
                port = text
                    .parse()
                    .ok()
                    .filter(|port| (-1..=65_535).contains(port))
                    .ok_or_else(|| format!("output web-dashboard: '{text}' is no port"))?;
            }
            "period" | "tags" => warnings.push(format!(
                "web-dashboard: {key} has no effect: the page moves once a second and shows all groups"
            )),
            "open" if ["", "false", "0"].contains(&text) => {}
            "open" | "export" | "report" | "record" => {
                return Err(format!(
                    "output web-dashboard: {key} is not supported; take it out"
                ));
            }
            _ => return Err(format!("output web-dashboard: unknown key '{key}'")),
        }
    }
    if host.contains(':') {
        host = format!("[{host}]");
    }
    Ok((port >= 0).then(|| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with(
        list: &[&str],
        vars: &[(&str, &str)],
        collectors: &Value,
    ) -> Result<Outs, OutError> {
        let vars = vars
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let around = Surroundings {
            vars: vars.collect(),
            ..Surroundings::default()
        };
        let list: Vec<_> = list.iter().map(|item| (*item).to_owned()).collect();
        read(
            &list,
            collectors.as_object().unwrap_or(&Map::new()),
            &around,
        )
    }

    #[test]
    fn an_argument_wins_over_the_environment_and_that_over_the_config_file() {
        let json = serde_json::json!({ "csv": { "file_name": "j.csv", "save_interval": "5s", "time_format": "unix_nano" } });
        let vars = [
            ("K6_CSV_FILENAME", "e.csv"),
            ("K6_CSV_TIME_FORMAT", "rfc3339"),
        ];
        let out = |list: &[&str], vars: &[(&str, &str)]| {
            read_with(list, vars, &json).unwrap().files.remove(0)
        };
        assert_eq!(
            out(&["csv"], &[]),
            FileOut {
                path: Some("j.csv".into()),
                flush_every: Duration::from_secs(5),
                form: FileForm::Csv(TimeFormat::UnixNano)
            }
        );
        let with_vars = out(&["csv"], &vars);
        assert_eq!(with_vars.path, Some("e.csv".into()));
        assert_eq!(with_vars.form, FileForm::Csv(TimeFormat::Rfc3339));
        assert_eq!(out(&["csv=a.csv"], &vars).path, Some("a.csv".into()));
        let argument = out(
            &["csv=fileName=b.csv,saveInterval=2s,timeFormat=unix_milli"],
            &vars,
        );
        assert_eq!(argument.flush_every, Duration::from_secs(2));
        assert_eq!(argument.form, FileForm::Csv(TimeFormat::UnixMilli));
        let none = read_with(&["json", "json=-", "json=a.json.gz"], &[], &Value::Null).unwrap();
        let paths: Vec<_> = none.files.iter().map(|out| out.path.clone()).collect();
        assert_eq!(paths, [None, None, Some("a.json.gz".into())]);
    }

    #[test]
    fn what_is_no_output_is_refused_with_the_list_of_those_that_are() {
        for (item, words) in [
            (
                "nonsense",
                "available types are: csv, experimental-prometheus-rw, json",
            ),
            ("kafka=x", "removed"),
            ("cloud", "no cloud"),
            ("csv=colour=red", "colour"),
            ("csv=timeFormat=epoch", "epoch"),
            ("web-dashboard=port=x", "no port"),
            ("web-dashboard=export=a.html", "export"),
        ] {
            let error = read_with(&[item], &[], &Value::Null).unwrap_err();
            assert!(
                matches!(&error, OutError::Usage(text) if text.contains(words)),
                "{item}: {error:?}"
            );
        }
    }

    #[test]
    fn the_dashboard_is_the_page_at_k6s_port() {
        let at = |list: &[&str], vars: &[(&str, &str)]| {
            read_with(list, vars, &Value::Null).unwrap().dashboard
        };
        assert_eq!(at(&["web-dashboard"], &[]).as_deref(), Some("0.0.0.0:5665"));
        assert_eq!(
            at(
                &["web-dashboard=host=127.0.0.1&port=0"],
                &[("K6_WEB_DASHBOARD_PORT", "9")]
            )
            .as_deref(),
            Some("127.0.0.1:0")
        );
        assert_eq!(
            at(&["web-dashboard"], &[("K6_WEB_DASHBOARD_PORT", "-1")]),
            None
        );
    }
}
