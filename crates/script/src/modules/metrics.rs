//! `k6/metrics`: Counter, Gauge, Rate, Trend.

use loadd_metrics::{Contains, Kind, MetricId};
use rquickjs::{Ctx, Object, Result, Value};

use super::{
    BuiltinModule, not_in_init, only_in_init, read_tags, text, throw, throw_type, to_text,
};
use crate::{
    state::State,
    sys::{
        native::{self, NativeClass},
        qjs::{self, Args},
    },
};

/// The module.
pub(crate) struct Metrics;

impl BuiltinModule for Metrics {
    const EXPORTS: &'static [&'static str] = &["Counter", "Gauge", "Rate", "Trend"];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        module.set(
            "Counter",
            qjs::constructor(ctx, "Counter", 1, |state, args| {
                declare(state, args, Kind::Counter)
            })?,
        )?;
        module.set(
            "Gauge",
            qjs::constructor(ctx, "Gauge", 1, |state, args| {
                declare(state, args, Kind::Gauge)
            })?,
        )?;
        module.set(
            "Rate",
            qjs::constructor(ctx, "Rate", 1, |state, args| {
                declare(state, args, Kind::Rate)
            })?,
        )?;
        module.set(
            "Trend",
            qjs::constructor(ctx, "Trend", 1, |state, args| {
                declare(state, args, Kind::Trend)
            })?,
        )?;
        Ok(module)
    }
}

/// A custom metric in a script's hands.
struct Metric {
    id: MetricId,
    name: String,
}

impl NativeClass for Metric {
    const NAME: &'static str = "Metric";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        qjs::getter(prototype, "name", |_, args| {
            let name = native::with(&args.this(), |metric: &Metric| metric.name.clone());
            text(args.ctx(), &name.ok_or_else(|| not_a_metric(args))?)
        })?;
        let add = qjs::function(prototype.ctx(), "add", 2, add)?;
        qjs::define_fixed(prototype, "add", add.as_value())
    }
}

fn not_a_metric(args: &Args<'_, '_>) -> rquickjs::Error {
    throw_type(args.ctx(), "this is not a metric")
}

/// k6's rule: at least 2 and at most 129 letters, digits and underscores, no digit first.
fn is_metric_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (2..=129).contains(&bytes.len())
        && !bytes[0].is_ascii_digit()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn declare<'js>(state: &State, args: &Args<'_, 'js>, kind: Kind) -> Result<Value<'js>> {
    let ctx = args.ctx();
    only_in_init(ctx, state, "a new metric")?;
    let name = if args.is_nullish(0) {
        String::new()
    } else {
        to_text(&args.get(0))?
    };
    if !is_metric_name(&name) {
        return Err(throw(
            ctx,
            &format!(
                "invalid metric name '{name}': 2 to 129 letters, digits and underscores are allowed, the first one no digit"
            ),
        ));
    }
    let contains = if qjs::is_truthy(&args.get(1)) {
        Contains::Time
    } else {
        Contains::Default
    };
    let id = state
        .host
        .declare_metric(&name, kind, contains)
        .map_err(|message| throw(ctx, &message))?;
    native::instance(ctx, Metric { id, name }).map(Object::into_value)
}

fn add<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let id = native::with(&args.this(), |metric: &Metric| metric.id)
        .ok_or_else(|| not_a_metric(args))?;
    not_in_init(ctx, state, "metric.add()")?;
    let number = if args.is_nullish(0) {
        f64::NAN
    } else {
        qjs::to_number(&args.get(0))?
    };
    let tags = read_tags(args, 1)?;
    if number.is_nan() {
        let name =
            native::with(&args.this(), |metric: &Metric| metric.name.clone()).unwrap_or_default();
        let message = format!("'{name}' was given a value that is no number");
        if state.settings.http.throw {
            return Err(throw(ctx, &message));
        }
        state.host.warn("invalid metric value", &message);
        return Ok(Value::new_bool(ctx.clone(), false));
    }
    state.host.sample(id, number, &tags);
    Ok(Value::new_bool(ctx.clone(), true))
}

#[cfg(test)]
mod tests {
    use super::is_metric_name;

    #[test]
    fn metric_names_follow_k6() {
        for (name, valid) in [
            ("a", false),
            ("ab", true),
            ("_a", true),
            ("1a", false),
            ("a-b", false),
            ("", false),
            (&"x".repeat(129), true),
            (&"x".repeat(130), false),
        ] {
            assert_eq!(is_metric_name(name), valid, "{name}");
        }
    }
}
