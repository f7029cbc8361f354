//! `k6/execution`: what runs, read anew at each access, and `test.abort` / `test.fail`.

use rquickjs::{Ctx, Error, Object, Result, Value};

use super::{BuiltinModule, data::deep_freeze, method, text, throw, to_text, undefined};
use crate::{
    InstanceFacts, ScenarioFacts, VuFacts,
    state::{Ending, State},
    sys::{
        json,
        qjs::{self, Args},
    },
};

mod live;

/// What `test.options` always has: null where nobody has set it.
const OPTIONS: &[&str] = &[
    "paused",
    "scenarios",
    "executionSegment",
    "executionSegmentSequence",
    "noSetup",
    "setupTimeout",
    "noTeardown",
    "teardownTimeout",
    "handleSummaryTimeout",
    "rps",
    "dns",
    "maxRedirects",
    "userAgent",
    "batch",
    "batchPerHost",
    "httpDebug",
    "insecureSkipTLSVerify",
    "tlsCipherSuites",
    "tlsVersion",
    "tlsAuth",
    "throw",
    "thresholds",
    "blacklistIPs",
    "blockHostnames",
    "hosts",
    "noConnectionReuse",
    "noVUConnectionReuse",
    "minIterationDuration",
    "ext",
    "summaryTrendStats",
    "summaryTimeUnit",
    "systemTags",
    "tags",
    "metricSamplesBufferSize",
    "noCookiesReset",
    "discardResponseBodies",
    "features",
];

/// The module.
pub(crate) struct ExecutionModule;

impl BuiltinModule for ExecutionModule {
    const EXPORTS: &'static [&'static str] = &["scenario", "instance", "test", "vu"];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        module.set("scenario", scenario(ctx)?)?;
        module.set("instance", instance(ctx)?)?;
        module.set("test", test(ctx)?)?;
        module.set("vu", vu(ctx)?)?;
        Ok(module)
    }
}

fn unavailable(ctx: &Ctx<'_>, what: &str) -> Error {
    throw(
        ctx,
        &format!("getting {what} information is not possible here"),
    )
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript has no other numbers"
)]
fn number<'js>(args: &Args<'_, 'js>, count: u64) -> Value<'js> {
    Value::new_number(args.ctx().clone(), count as f64)
}

fn float<'js>(args: &Args<'_, 'js>, value: f64) -> Value<'js> {
    Value::new_number(args.ctx().clone(), value)
}

fn of_scenario(state: &State, args: &Args<'_, '_>) -> Result<ScenarioFacts> {
    state
        .host
        .execution()
        .scenario
        .ok_or_else(|| unavailable(args.ctx(), "scenario"))
}

fn of_instance(state: &State, args: &Args<'_, '_>) -> Result<InstanceFacts> {
    state
        .host
        .execution()
        .instance
        .ok_or_else(|| unavailable(args.ctx(), "instance"))
}

fn of_vu(state: &State, args: &Args<'_, '_>) -> Result<VuFacts> {
    state
        .host
        .execution()
        .vu
        .ok_or_else(|| unavailable(args.ctx(), "VU"))
}

fn scenario<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    qjs::getter(&object, "name", |state, args| {
        text(args.ctx(), &of_scenario(state, args)?.name)
    })?;
    qjs::getter(&object, "executor", |state, args| {
        text(args.ctx(), of_scenario(state, args)?.executor)
    })?;
    qjs::getter(&object, "startTime", |state, args| {
        Ok(float(args, of_scenario(state, args)?.start_time_ms))
    })?;
    qjs::getter(&object, "progress", |state, args| {
        Ok(float(args, of_scenario(state, args)?.progress))
    })?;
    qjs::getter(&object, "iterationInInstance", |state, args| {
        Ok(number(
            args,
            of_scenario(state, args)?.iteration_in_instance,
        ))
    })?;
    qjs::getter(&object, "iterationInTest", |state, args| {
        Ok(number(args, of_scenario(state, args)?.iteration_in_test))
    })?;
    Ok(object)
}

fn instance<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    qjs::getter(&object, "iterationsCompleted", |state, args| {
        Ok(number(args, of_instance(state, args)?.iterations_completed))
    })?;
    qjs::getter(&object, "iterationsInterrupted", |state, args| {
        Ok(number(
            args,
            of_instance(state, args)?.iterations_interrupted,
        ))
    })?;
    qjs::getter(&object, "vusActive", |state, args| {
        Ok(number(args, of_instance(state, args)?.vus_active))
    })?;
    qjs::getter(&object, "vusInitialized", |state, args| {
        Ok(number(args, of_instance(state, args)?.vus_initialized))
    })?;
    qjs::getter(&object, "currentTestRunDuration", |state, args| {
        Ok(float(
            args,
            of_instance(state, args)?.current_test_run_duration_ms,
        ))
    })?;
    Ok(object)
}

fn test<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    method(&object, "abort", 1, abort)?;
    method(&object, "fail", 1, fail)?;
    qjs::getter(&object, "options", |state, args| {
        let ctx = args.ctx();
        let options = state
            .host
            .execution()
            .options
            .ok_or_else(|| unavailable(ctx, "test options"))?;
        let options = json::parse(ctx, &json::Text::copy(options.as_bytes()))?;
        if let Some(object) = options.as_object() {
            for name in OPTIONS
                .iter()
                .filter(|name| !matches!(object.contains_key(**name), Ok(true)))
            {
                object.set(*name, Value::new_null(ctx.clone()))?;
            }
        }
        deep_freeze(&options)?;
        if let Some(test) = args.this().as_object() {
            qjs::define_value(test, "options", &options)?;
        }
        Ok(options)
    })?;
    Ok(object)
}

fn reason(args: &Args<'_, '_>) -> Result<Option<String>> {
    if args.is_nullish(0) {
        Ok(None)
    } else {
        to_text(&args.get(0)).map(Some)
    }
}

fn abort<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let message = match reason(args)? {
        Some(reason) => format!("test aborted: {reason}"),
        None => "test aborted".to_owned(),
    };
    state.host.abort_test(&message);
    state.end(Ending::Aborted);
    Err(qjs::throw_uncatchable(args.ctx()))
}

fn fail<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let message = match reason(args)? {
        Some(reason) => format!("test marked as failed: {reason}"),
        None => "test marked as failed".to_owned(),
    };
    state.host.fail_test(&message);
    Ok(undefined(args.ctx()))
}

fn vu<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    qjs::getter(&object, "idInInstance", |state, args| {
        Ok(number(args, of_vu(state, args)?.id_in_instance))
    })?;
    qjs::getter(&object, "idInTest", |state, args| {
        Ok(number(args, of_vu(state, args)?.id_in_test))
    })?;
    qjs::getter(&object, "iterationInInstance", |state, args| {
        Ok(number(args, of_vu(state, args)?.iteration_in_instance))
    })?;
    qjs::getter(&object, "iterationInScenario", |state, args| {
        Ok(number(args, of_vu(state, args)?.iteration_in_scenario))
    })?;
    let tags = live::map(ctx, live::Tags)?;
    let metrics = Object::new(ctx.clone())?;
    metrics.set("tags", tags.clone())?;
    metrics.set("metadata", live::map(ctx, live::Metadata)?)?;
    qjs::define_hidden(&object, "\0metrics", metrics.as_value())?;
    qjs::define_hidden(&object, "\0tags", &tags)?;
    qjs::getter(&object, "metrics", |state, args| {
        kept(state, args, "\0metrics")
    })?;
    qjs::getter(&object, "tags", |state, args| kept(state, args, "\0tags"))?;
    Ok(object)
}

/// What [`vu`] has made; not in init.
fn kept<'js>(state: &State, args: &Args<'_, 'js>, name: &str) -> Result<Value<'js>> {
    of_vu(state, args)?;
    match args.this().as_object() {
        Some(object) => object.get(name),
        None => Ok(undefined(args.ctx())),
    }
}
