//! Local forms of dates, as k6's engine writes them: `31/12/2025, 23:59:59`.

use rquickjs::{Function, Object, Result, Value, function::This};

use crate::{
    modules::{text, throw_type},
    sys::qjs::{self, Args},
};

pub(super) fn install(globals: &Object<'_>) -> Result<()> {
    let class: Object = globals.get("Date")?;
    let prototype: Object = class.get("prototype")?;
    let ctx = globals.ctx();
    let whole = qjs::function(ctx, "toLocaleString", 0, |_, args| {
        show(args, |date| Ok(format!("{}, {}", day(date)?, time(date)?)))
    })?;
    let days = qjs::function(ctx, "toLocaleDateString", 0, |_, args| show(args, day))?;
    let times = qjs::function(ctx, "toLocaleTimeString", 0, |_, args| show(args, time))?;
    qjs::define_hidden(&prototype, "toLocaleString", whole.as_value())?;
    qjs::define_hidden(&prototype, "toLocaleDateString", days.as_value())?;
    qjs::define_hidden(&prototype, "toLocaleTimeString", times.as_value())
}

fn show<'js>(args: &Args<'_, 'js>, form: fn(&Object<'js>) -> Result<String>) -> Result<Value<'js>> {
    let this = args.this();
    let Some(date) = this.as_object() else {
        return Err(throw_type(args.ctx(), "this is not a Date"));
    };
    if part(date, "getTime")?.is_nan() {
        return text(args.ctx(), "Invalid Date");
    }
    text(args.ctx(), &form(date)?)
}

/// A number that the date itself gives, in the local time zone.
fn part(date: &Object<'_>, getter: &str) -> Result<f64> {
    let get: Function = date.get(getter)?;
    get.call((This(date.clone()),))
}

fn day(date: &Object<'_>) -> Result<String> {
    let (day, month) = (part(date, "getDate")?, part(date, "getMonth")? + 1.0);
    Ok(format!(
        "{day:02}/{month:02}/{:04}",
        part(date, "getFullYear")?
    ))
}

fn time(date: &Object<'_>) -> Result<String> {
    let (hours, minutes) = (part(date, "getHours")?, part(date, "getMinutes")?);
    Ok(format!(
        "{hours:02}:{minutes:02}:{:02}",
        part(date, "getSeconds")?
    ))
}
