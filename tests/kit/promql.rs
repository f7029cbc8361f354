//! Questions to Prometheus and their answers, floats and native histograms.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::{Prometheus, http};

/// One series of an answer.
#[derive(Debug, Clone)]
pub struct Series {
    /// Labels; `__name__` among them where the query keeps it.
    pub labels: BTreeMap<String, String>,
    /// One point for an instant query, else many, in time order.
    pub points: Vec<Point>,
}

/// A value at a time.
#[derive(Debug, Clone)]
pub struct Point {
    /// Seconds since the epoch.
    pub at: f64,
    /// What it is.
    pub value: Value,
}

/// A sample.
#[derive(Debug, Clone)]
pub enum Value {
    /// Counter, gauge, or what a function gives.
    Float(f64),
    /// A native histogram.
    Histogram {
        /// Values.
        count: f64,
        /// Their sum.
        sum: f64,
        /// (lower edge, upper edge, values), ascending.
        buckets: Vec<(f64, f64, f64)>,
    },
}

impl Value {
    /// The float.
    ///
    /// # Panics
    /// For a histogram.
    #[must_use]
    pub fn float(&self) -> f64 {
        match self {
            Value::Float(value) => *value,
            Value::Histogram { .. } => panic!("a histogram, where a float was expected"),
        }
    }
}

impl Series {
    /// A label's value, or nothing.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The newest value.
    ///
    /// # Panics
    /// Where there is none; Prometheus gives no empty series.
    #[must_use]
    pub fn last(&self) -> &Value {
        &self
            .points
            .last()
            .expect("a series of an answer has points")
            .value
    }
}

impl Prometheus {
    /// Instant query, now.
    ///
    /// # Errors
    /// Prometheus' own words.
    pub fn query(&self, expression: &str) -> Result<Vec<Series>, String> {
        self.ask("/api/v1/query", &[("query", expression)])
    }

    /// Instant query at a time in seconds since the epoch.
    ///
    /// # Errors
    /// Prometheus' own words.
    pub fn query_at(&self, expression: &str, at: f64) -> Result<Vec<Series>, String> {
        self.ask(
            "/api/v1/query",
            &[("query", expression), ("time", &at.to_string())],
        )
    }

    /// Range query; times and step in seconds.
    ///
    /// # Errors
    /// Prometheus' own words.
    pub fn range(
        &self,
        expression: &str,
        from: f64,
        to: f64,
        step: f64,
    ) -> Result<Vec<Series>, String> {
        let (from, to, step) = (from.to_string(), to.to_string(), step.to_string());
        self.ask(
            "/api/v1/query_range",
            &[
                ("query", expression),
                ("start", &from),
                ("end", &to),
                ("step", &step),
            ],
        )
    }

    /// The one number that a query gives; nothing for an empty answer.
    ///
    /// # Panics
    /// When there is more than one series, or the query is refused.
    #[must_use]
    pub fn number(&self, expression: &str) -> Option<f64> {
        let answer = self
            .query(expression)
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert!(
            answer.len() <= 1,
            "{expression}: {} series, not one",
            answer.len()
        );
        answer.first().map(|series| series.last().float())
    }

    /// The one number of a query that must have one.
    ///
    /// # Panics
    /// Like [`Prometheus::number`], and for an empty answer.
    #[must_use]
    pub fn must(&self, expression: &str) -> f64 {
        self.number(expression)
            .unwrap_or_else(|| panic!("{expression}: no data; there is:\n{}", self.inventory()))
    }

    /// What it holds: each metric and its number of series; for messages of failed tests.
    #[must_use]
    pub fn inventory(&self) -> String {
        let counted = "count by (__name__) (last_over_time({__name__=~\".+\"}[1h]))";
        let names = self.query(counted).unwrap_or_default();
        let lines = names
            .iter()
            .map(|series| format!("  {} x{}", series.label("__name__"), series.last().float()));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn ask(&self, path: &str, form: &[(&str, &str)]) -> Result<Vec<Series>, String> {
        ask(&self.address(), path, form)
    }
}

/// A query to anybody who speaks Prometheus' API.
pub(crate) fn ask(address: &str, path: &str, form: &[(&str, &str)]) -> Result<Vec<Series>, String> {
    let form: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={}", http::encode(value)))
        .collect();
    let answer =
        http::post_form(address, path, form.join("&")).map_err(|error| error.to_string())?;
    let json: Json = serde_json::from_slice(&answer.body)
        .map_err(|error| format!("{}: {error}: {}", answer.status, answer.text()))?;
    if json["status"] != "success" {
        return Err(format!("{}: {}", json["errorType"], json["error"]));
    }
    parse(&json["data"]).ok_or_else(|| format!("an answer of unknown form: {}", answer.text()))
}

fn parse(data: &Json) -> Option<Vec<Series>> {
    let result = data["result"].as_array()?;
    if data["resultType"] == "scalar" {
        let points = vec![float_point(&data["result"])?];
        return Some(vec![Series {
            labels: BTreeMap::new(),
            points,
        }]);
    }
    result.iter().map(series).collect()
}

fn series(json: &Json) -> Option<Series> {
    let labels = json["metric"].as_object()?;
    let labels = labels
        .iter()
        .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect::<Option<_>>()?;
    let many = |key: &str| json[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut points = Vec::new();
    for point in many("values") {
        points.push(float_point(point)?);
    }
    for point in many("histograms") {
        points.push(histogram_point(point)?);
    }
    if json["value"].is_array() {
        points.push(float_point(&json["value"])?);
    }
    if json["histogram"].is_array() {
        points.push(histogram_point(&json["histogram"])?);
    }
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    Some(Series { labels, points })
}

fn number(json: &Json) -> Option<f64> {
    match json {
        Json::String(text) => text.parse().ok(),
        other => other.as_f64(),
    }
}

fn float_point(json: &Json) -> Option<Point> {
    Some(Point {
        at: number(&json[0])?,
        value: Value::Float(number(&json[1])?),
    })
}

fn histogram_point(json: &Json) -> Option<Point> {
    let body = &json[1];
    let rows = body["buckets"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    // A row: kind of boundaries, lower, upper, count.
    let buckets = rows
        .iter()
        .map(|row| Some((number(&row[1])?, number(&row[2])?, number(&row[3])?)))
        .collect::<Option<_>>()?;
    let value = Value::Histogram {
        count: number(&body["count"])?,
        sum: number(&body["sum"])?,
        buckets,
    };
    Some(Point {
        at: number(&json[0])?,
        value,
    })
}
