//! `k6/html`: `parseHTML` and the Selection API, over documents that are parsed when a script asks for one.

use std::rc::Rc;

use rquickjs::{Array, Ctx, Function, Object, Result, Value};

use super::{BuiltinModule, method, text, throw, throw_type, to_text, undefined};
use crate::{
    state::State,
    sys::{
        json,
        native::{self, NativeClass},
        qjs::{self, Args},
    },
};

mod accessors;
mod element;
mod forms;
mod page;
mod selection;

use element::Element;
use forms::FieldValue;
use page::Selector;
use selection::{Selection, Test, Way};

pub(crate) use forms::{form, link};
pub(crate) use page::Page;

/// The module.
pub(crate) struct Html;

impl BuiltinModule for Html {
    const EXPORTS: &'static [&'static str] = &["parseHTML"];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        method(&module, "parseHTML", 1, |_, args| {
            let html = to_text(&args.get(0))?;
            select(args.ctx(), &Rc::new(Page::parse(&html, None)), None)
        })?;
        Ok(module)
    }
}

/// A selection of a page: what `selector` selects, or the whole document.
pub(crate) fn select<'js>(
    ctx: &Ctx<'js>,
    page: &Rc<Page>,
    selector: Option<&str>,
) -> Result<Value<'js>> {
    let whole = Selection::whole(Rc::clone(page));
    let selected = match selector {
        Some(selector) => {
            let selector = Selector::parse(selector).map_err(|message| throw(ctx, &message))?;
            whole.find(&Test::Selector(selector))
        }
        None => whole,
    };
    show(ctx, selected)
}

fn show<'js>(ctx: &Ctx<'js>, selection: Selection) -> Result<Value<'js>> {
    native::instance(ctx, selection).map(Object::into_value)
}

/// The selection that a method is called on.
fn this(args: &Args<'_, '_>) -> Result<Selection> {
    native::with(&args.this(), Selection::clone)
        .ok_or_else(|| throw_type(args.ctx(), "this is not a Selection"))
}

/// An argument that nodes are compared with: a selector, a selection or an element.
fn test(args: &Args<'_, '_>, index: usize) -> Result<Test> {
    if args.is_nullish(index) {
        return Ok(Test::Any);
    }
    let value = args.get(index);
    if let Some(nodes) = native::with(&value, |other: &Selection| other.nodes.to_vec()) {
        return Ok(Test::Nodes(nodes));
    }
    if let Some(node) = native::with(&value, |other: &Element| other.node) {
        return Ok(Test::Nodes(vec![node]));
    }
    if !value.is_string() {
        return Err(throw_type(
            args.ctx(),
            "a selector, a Selection or an Element is needed",
        ));
    }
    Selector::parse(&to_text(&value)?)
        .map(Test::Selector)
        .map_err(|message| throw(args.ctx(), &message))
}

fn walk<'js>(args: &Args<'_, 'js>, way: Way) -> Result<Value<'js>> {
    show(args.ctx(), this(args)?.walk(way, &test(args, 0)?))
}

fn walk_until<'js>(args: &Args<'_, 'js>, way: Way) -> Result<Value<'js>> {
    let (until, filter) = (test(args, 0)?, test(args, 1)?);
    show(args.ctx(), this(args)?.walk_until(way, &until, &filter))
}

/// A position as a number; fractions are cut off.
fn position(args: &Args<'_, '_>, index: usize) -> Result<i64> {
    let number = qjs::to_number(&args.get(index))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast from float saturates, and NaN is 0"
    )]
    let number = number as i64;
    Ok(number)
}

/// `filter`, `not` and `is` take a function, too, which is given each node as a selection of its own.
fn sieve(args: &Args<'_, '_>, wanted: bool) -> Result<Selection> {
    let selection = this(args)?;
    let value = args.get(0);
    let Some(function) = value.as_function() else {
        return Ok(selection.filter(&test(args, 0)?, wanted));
    };
    let mut kept = Vec::new();
    for (index, &node) in selection.nodes.iter().enumerate() {
        let one = show(args.ctx(), selection.derive([node]))?;
        let passes: Value = function.call((index, one))?;
        if qjs::is_truthy(&passes) == wanted {
            kept.push(node);
        }
    }
    Ok(selection.derive(kept))
}

impl NativeClass for Selection {
    const NAME: &'static str = "Selection";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        finding(prototype)?;
        reading(prototype)?;
        iterating(prototype)
    }
}

fn finding(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "find", 1, |_, args| {
        show(args.ctx(), this(args)?.find(&test(args, 0)?))
    })?;
    method(prototype, "single", 1, |_, args| {
        let found = this(args)?.find(&test(args, 0)?);
        show(args.ctx(), found.slice(0, Some(1)))
    })?;
    method(prototype, "add", 1, |_, args| {
        show(args.ctx(), this(args)?.add(&test(args, 0)?))
    })?;
    method(prototype, "children", 1, |_, args| {
        walk(args, Way::Children)
    })?;
    method(prototype, "contents", 0, |_, args| {
        show(args.ctx(), this(args)?.walk(Way::Contents, &Test::Any))
    })?;
    method(prototype, "next", 1, |_, args| walk(args, Way::Next))?;
    method(prototype, "nextAll", 1, |_, args| walk(args, Way::NextAll))?;
    method(prototype, "nextUntil", 2, |_, args| {
        walk_until(args, Way::NextAll)
    })?;
    method(prototype, "prev", 1, |_, args| walk(args, Way::Prev))?;
    method(prototype, "prevAll", 1, |_, args| walk(args, Way::PrevAll))?;
    method(prototype, "prevUntil", 2, |_, args| {
        walk_until(args, Way::PrevAll)
    })?;
    method(prototype, "parent", 1, |_, args| walk(args, Way::Parent))?;
    method(prototype, "parents", 1, |_, args| walk(args, Way::Parents))?;
    method(prototype, "parentsUntil", 2, |_, args| {
        walk_until(args, Way::Parents)
    })?;
    method(prototype, "siblings", 1, |_, args| {
        walk(args, Way::Siblings)
    })?;
    method(prototype, "closest", 1, |_, args| {
        show(args.ctx(), this(args)?.closest(&test(args, 0)?))
    })?;
    method(prototype, "has", 1, |_, args| {
        show(args.ctx(), this(args)?.has(&test(args, 0)?))
    })?;
    method(prototype, "filter", 1, |_, args| {
        show(args.ctx(), sieve(args, true)?)
    })?;
    method(prototype, "not", 1, |_, args| {
        show(args.ctx(), sieve(args, false)?)
    })?;
    method(prototype, "is", 1, |_, args| {
        let any = !sieve(args, true)?.nodes.is_empty();
        Ok(Value::new_bool(args.ctx().clone(), any))
    })?;
    method(prototype, "first", 0, |_, args| {
        show(args.ctx(), this(args)?.slice(0, Some(1)))
    })?;
    method(prototype, "last", 0, |_, args| {
        let selection = this(args)?;
        show(args.ctx(), selection.derive(selection.at(-1)))
    })?;
    method(prototype, "eq", 1, |_, args| {
        let selection = this(args)?;
        show(
            args.ctx(),
            selection.derive(selection.at(position(args, 0)?)),
        )
    })?;
    method(prototype, "slice", 2, |_, args| {
        let end = if args.is_nullish(1) {
            None
        } else {
            Some(position(args, 1)?)
        };
        show(args.ctx(), this(args)?.slice(position(args, 0)?, end))
    })?;
    method(prototype, "end", 0, |_, args| {
        show(args.ctx(), this(args)?.end())
    })
}

fn reading(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "text", 0, |_, args| {
        text(args.ctx(), &this(args)?.text())
    })?;
    method(prototype, "html", 0, |_, args| {
        let selection = this(args)?;
        let html = selection
            .first()
            .map(|node| selection.page.inner_html(node));
        text(args.ctx(), &html.unwrap_or_default())
    })?;
    method(prototype, "attr", 2, |_, args| {
        let selection = this(args)?;
        let name = to_text(&args.get(0))?;
        match selection
            .first()
            .and_then(|node| selection.page.attr(node, &name))
        {
            Some(value) => text(args.ctx(), &value),
            // A default, or undefined.
            None => Ok(args.get(1)),
        }
    })?;
    method(prototype, "val", 0, |_, args| {
        let selection = this(args)?;
        let value = selection
            .first()
            .and_then(|node| forms::value(&selection.page, node));
        field_value(args.ctx(), value)
    })?;
    method(prototype, "data", 1, data)?;
    method(prototype, "size", 0, |_, args| {
        count(args.ctx(), this(args)?.nodes.len())
    })?;
    method(prototype, "index", 1, |_, args| {
        match this(args)?.index(&test(args, 0)?) {
            Some(index) => count(args.ctx(), index),
            None => Ok(Value::new_int(args.ctx().clone(), -1)),
        }
    })?;
    method(prototype, "get", 1, |_, args| {
        let selection = this(args)?;
        if args.is_nullish(0) {
            return element::list(args.ctx(), &selection.page, selection.nodes.iter().copied());
        }
        let node = selection.at(position(args, 0)?);
        element::optional(args.ctx(), &selection.page, node)
    })?;
    method(prototype, "toArray", 0, |_, args| {
        let selection = this(args)?;
        let list = Array::new(args.ctx().clone())?;
        for (index, &node) in selection.nodes.iter().enumerate() {
            list.set(index, show(args.ctx(), selection.derive([node]))?)?;
        }
        Ok(list.into_value())
    })
}

fn iterating(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "each", 1, |_, args| {
        let (selection, function) = (this(args)?, callback(args)?);
        for (index, &node) in selection.nodes.iter().enumerate() {
            let one = element::show(args.ctx(), &selection.page, node)?;
            function.call::<_, Value>((index, one))?;
        }
        Ok(args.this())
    })?;
    method(prototype, "map", 1, |_, args| {
        let (selection, function) = (this(args)?, callback(args)?);
        let list = Array::new(args.ctx().clone())?;
        for (index, &node) in selection.nodes.iter().enumerate() {
            let one = show(args.ctx(), selection.derive([node]))?;
            list.set(index, function.call::<_, Value>((index, one))?)?;
        }
        Ok(list.into_value())
    })?;
    method(prototype, "serialize", 0, |_, args| {
        let mut fields = fields(args)?;
        // By name; fields of one name keep their order.
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        text(args.ctx(), &super::http::encode_pairs(&fields))
    })?;
    method(prototype, "serializeArray", 0, |_, args| {
        let list = Array::new(args.ctx().clone())?;
        for (index, (name, value)) in fields(args)?.into_iter().enumerate() {
            let field = Object::new(args.ctx().clone())?;
            field.set("name", name)?;
            field.set("value", value)?;
            list.set(index, field)?;
        }
        Ok(list.into_value())
    })?;
    method(prototype, "serializeObject", 0, |_, args| {
        let object = Object::new(args.ctx().clone())?;
        for (name, value) in fields(args)? {
            object.set(name, value)?;
        }
        Ok(object.into_value())
    })
}

fn fields(args: &Args<'_, '_>) -> Result<Vec<(String, String)>> {
    let selection = this(args)?;
    Ok(forms::serialize(&selection.page, &selection.nodes))
}

fn callback<'js>(args: &Args<'_, 'js>) -> Result<Function<'js>> {
    args.get(0)
        .into_function()
        .ok_or_else(|| throw_type(args.ctx(), "each() and map() need a function"))
}

fn count<'js>(ctx: &Ctx<'js>, count: usize) -> Result<Value<'js>> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a document has fewer nodes than 2^53"
    )]
    let number = count as f64;
    Ok(Value::new_number(ctx.clone(), number))
}

fn field_value<'js>(ctx: &Ctx<'js>, value: Option<FieldValue>) -> Result<Value<'js>> {
    match value {
        Some(FieldValue::One(value)) => text(ctx, &value),
        Some(FieldValue::Many(values)) => {
            let list = Array::new(ctx.clone())?;
            for (index, value) in values.into_iter().enumerate() {
                list.set(index, value)?;
            }
            Ok(list.into_value())
        }
        None => Ok(undefined(ctx)),
    }
}

/// `data()` and `data(key)`: attributes `data-*`, converted as jQuery does.
fn data<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let selection = this(args)?;
    let (page, first) = (&selection.page, selection.first());
    if !args.is_nullish(0) {
        let name = format!("data-{}", dashed(&to_text(&args.get(0))?));
        return match first.and_then(|node| page.attr(node, &name)) {
            Some(value) => converted(ctx, &value),
            None => Ok(undefined(ctx)),
        };
    }
    let object = Object::new(ctx.clone())?;
    for (name, value) in first.map(|node| page.attrs(node)).unwrap_or_default() {
        if let Some(name) = name.strip_prefix("data-").filter(|name| !name.is_empty()) {
            object.set(camel_case(name), converted(ctx, &value)?)?;
        }
    }
    Ok(object.into_value())
}

/// `fooBar` -> `foo-bar`
fn dashed(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(character.to_ascii_lowercase());
    }
    out
}

/// `foo-bar` -> `fooBar`
fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        match character {
            '-' => upper = true,
            other if upper => {
                out.push(other.to_ascii_uppercase());
                upper = false;
            }
            other => out.push(other),
        }
    }
    out
}

/// Numbers, booleans, null and JSON objects and arrays are what they say; everything else is text.
fn converted<'js>(ctx: &Ctx<'js>, value: &str) -> Result<Value<'js>> {
    match value {
        "true" => return Ok(Value::new_bool(ctx.clone(), true)),
        "false" => return Ok(Value::new_bool(ctx.clone(), false)),
        "null" => return Ok(Value::new_null(ctx.clone())),
        "undefined" => return Ok(undefined(ctx)),
        _ => {}
    }
    let is_number = value
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'e' | b'E' | b'+'));
    // `1.0` and `007` stay text: they would not be the same when written again.
    if is_number
        && let Ok(number) = value.parse::<f64>()
        && number.to_string() == value
    {
        return Ok(Value::new_number(ctx.clone(), number));
    }
    if value.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok()
    {
        return json::parse(ctx, &json::Text::copy(value.as_bytes()));
    }
    text(ctx, value)
}

#[cfg(test)]
mod tests {
    use super::{camel_case, dashed};

    #[test]
    fn names_of_data_are_camel_case_in_scripts_and_dashed_in_html() {
        for (camel, html) in [("fooBar", "foo-bar"), ("a", "a"), ("aB1", "a-b1")] {
            assert_eq!(camel_case(html), camel);
            assert_eq!(dashed(camel), html);
        }
    }
}
