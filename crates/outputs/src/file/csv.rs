//! k6's CSV: a column for each system tag that is on, the other tags and the metadata in one column each.

use loadd_metrics::{SystemTag, SystemTags, TapSample};

use super::{Form, Known, when::When};

/// Form of the column `timestamp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// Whole seconds since the epoch.
    #[default]
    Unix,
    /// Milliseconds since the epoch.
    UnixMilli,
    /// Microseconds since the epoch.
    UnixMicro,
    /// Nanoseconds since the epoch.
    UnixNano,
    /// RFC 3339.
    Rfc3339,
    /// RFC 3339 with nanoseconds.
    Rfc3339Nano,
}

impl TimeFormat {
    /// By k6's word for it.
    #[must_use]
    pub fn parse(text: &str) -> Option<TimeFormat> {
        Some(match text {
            "unix" => TimeFormat::Unix,
            "unix_milli" => TimeFormat::UnixMilli,
            "unix_micro" => TimeFormat::UnixMicro,
            "unix_nano" => TimeFormat::UnixNano,
            "rfc3339" => TimeFormat::Rfc3339,
            "rfc3339_nano" => TimeFormat::Rfc3339Nano,
            _ => return None,
        })
    }
}

pub(super) struct Csv {
    columns: Vec<&'static str>,
    time: TimeFormat,
    when: When,
    /// By series: what stands between the value and the metadata.
    middles: Vec<Option<Vec<u8>>>,
}

impl Csv {
    pub(super) fn new(system_tags: SystemTags, time: TimeFormat) -> Csv {
        let tags = system_tags
            .iter()
            .filter(|tag| !matches!(tag, SystemTag::Vu | SystemTag::Iter));
        let mut columns: Vec<_> = tags.map(SystemTag::as_str).collect();
        columns.sort_unstable();
        Csv {
            columns,
            time,
            when: When::local(),
            middles: Vec::new(),
        }
    }

    pub(super) fn header(&self) -> Vec<u8> {
        let mut names = vec!["metric_name", "timestamp", "metric_value"];
        names.extend(&self.columns);
        names.extend(["extra_tags", "metadata"]);
        format!("{}\n", names.join(",")).into_bytes()
    }

    fn time(&mut self, unix_nanos: i64, out: &mut Vec<u8>) {
        let number = match self.time {
            TimeFormat::Unix => unix_nanos.div_euclid(1_000_000_000),
            TimeFormat::UnixMilli => unix_nanos.div_euclid(1_000_000),
            TimeFormat::UnixMicro => unix_nanos.div_euclid(1_000),
            TimeFormat::UnixNano => unix_nanos,
            TimeFormat::Rfc3339 => return self.when.second(unix_nanos, out),
            TimeFormat::Rfc3339Nano => return self.when.nano(unix_nanos, out),
        };
        out.extend_from_slice(number.to_string().as_bytes());
    }
}

fn middle(columns: &[&str], known: &Known) -> Vec<u8> {
    let mut out = Vec::new();
    for column in columns {
        out.push(b',');
        field(known.tags.get(column).unwrap_or(""), &mut out);
    }
    let others = known
        .tags
        .iter()
        .filter(|(name, _)| !columns.contains(name));
    out.push(b',');
    field(&joined(others), &mut out);
    out.push(b',');
    out
}

/// `k=v&k2=v2`, not escaped.
fn joined<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// Appends a field, in quotes where it needs them.
fn field(text: &str, out: &mut Vec<u8>) {
    let special = |letter: char| matches!(letter, ',' | '"' | '\r' | '\n');
    if text == "\\." || text.contains(special) || text.starts_with(char::is_whitespace) {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

impl Form for Csv {
    fn sample(&mut self, series: usize, known: &Known, sample: &TapSample, out: &mut Vec<u8>) {
        field(&known.metric.name, out);
        out.push(b',');
        self.time(sample.unix_nanos, out);
        out.extend_from_slice(format!(",{:.6}", sample.value).as_bytes());
        if self.middles.len() <= series {
            self.middles.resize(series + 1, None);
        }
        let columns = &self.columns;
        let middle = self.middles[series].get_or_insert_with(|| middle(columns, known));
        out.extend_from_slice(middle);
        if let Some(metadata) = &sample.metadata {
            let pairs = metadata.iter().map(|(name, value)| (&**name, &**value));
            field(&joined(pairs), out);
        }
        out.push(b'\n');
    }
}
