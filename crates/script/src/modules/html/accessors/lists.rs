//! Accessors of what holds a list: selects and their options, tables and their rows and cells.

use rquickjs::{Object, Result, Value};

use super::{inner, inside};
use crate::{
    modules::{
        html::{
            count,
            element::{self, text_or_undefined, this},
            forms,
        },
        method, text,
    },
    sys::qjs::Args,
};

pub(super) fn selects(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "options", 0, |_, args| inner(args, &["option"]))?;
    method(prototype, "selectedOptions", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let chosen = forms::options(page, element.node)
            .filter(|option| page.attr(*option, "selected").is_some());
        element::list(args.ctx(), page, chosen)
    })?;
    method(prototype, "selectedIndex", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let chosen = forms::options(page, element.node)
            .position(|option| page.attr(option, "selected").is_some());
        index(args, chosen)
    })?;
    method(prototype, "size", 0, |_, args| {
        let element = this(args)?;
        let given = element
            .page
            .attr(element.node, "size")
            .and_then(|size| size.parse().ok());
        let default = if element.page.attr(element.node, "multiple").is_some() {
            4
        } else {
            1
        };
        count(args.ctx(), given.unwrap_or(default))
    })?;
    method(prototype, "index", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let list = page
            .parents(element.node)
            .find(|parent| matches!(page.name(*parent).as_str(), "select" | "datalist"));
        let place = list
            .and_then(|list| forms::options(page, list).position(|option| option == element.node));
        count(args.ctx(), place.unwrap_or(0))
    })?;
    method(prototype, "label", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let label = page.attr(element.node, "label").unwrap_or_else(|| {
            if page.name(element.node) == "option" {
                page.text(element.node)
            } else {
                String::new()
            }
        });
        text(args.ctx(), &label)
    })?;
    method(prototype, "max", 0, |_, args| {
        let element = this(args)?;
        if element.page.name(element.node) == "progress" {
            let number = element
                .page
                .attr(element.node, "max")
                .and_then(|text| text.parse().ok());
            return Ok(Value::new_number(args.ctx().clone(), number.unwrap_or(1.0)));
        }
        text_or_undefined(args, element.page.attr(element.node, "max"))
    })?;
    method(prototype, "position", 0, |_, args| {
        let element = this(args)?;
        let number = |name: &str| {
            element
                .page
                .attr(element.node, name)
                .and_then(|text| text.trim().parse::<f64>().ok())
        };
        let position = match number("value") {
            Some(value) => (value / number("max").unwrap_or(1.0)).clamp(0.0, 1.0),
            None => -1.0,
        };
        Ok(Value::new_number(args.ctx().clone(), position))
    })
}

fn index<'js>(args: &Args<'_, 'js>, place: Option<usize>) -> Result<Value<'js>> {
    match place {
        Some(place) => count(args.ctx(), place),
        None => Ok(Value::new_int(args.ctx().clone(), -1)),
    }
}

/// Where an element stands among those of `around` that have one of `tags`.
fn place<'js>(args: &Args<'_, 'js>, around: &[&str], tags: &[&str]) -> Result<Value<'js>> {
    let element = this(args)?;
    let page = &element.page;
    let place = page
        .parents(element.node)
        .find(|parent| around.contains(&page.name(*parent).as_str()))
        .and_then(|outer| inside(page, outer, tags).position(|node| node == element.node));
    index(args, place)
}

fn first_inner<'js>(args: &Args<'_, 'js>, tag: &str) -> Result<Value<'js>> {
    let element = this(args)?;
    let found = inside(&element.page, element.node, &[tag]).next();
    element::optional(args.ctx(), &element.page, found)
}

pub(super) fn tables(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "caption", 0, |_, args| {
        first_inner(args, "caption")
    })?;
    method(prototype, "tHead", 0, |_, args| first_inner(args, "thead"))?;
    method(prototype, "tFoot", 0, |_, args| first_inner(args, "tfoot"))?;
    method(prototype, "tBodies", 0, |_, args| inner(args, &["tbody"]))?;
    method(prototype, "rows", 0, |_, args| {
        let element = this(args)?;
        if element.page.name(element.node) == "textarea" {
            let rows = element
                .page
                .attr(element.node, "rows")
                .and_then(|rows| rows.parse().ok());
            return count(args.ctx(), rows.unwrap_or(2));
        }
        inner(args, &["tr"])
    })?;
    method(prototype, "cells", 0, |_, args| inner(args, &["td", "th"]))?;
    method(prototype, "cellIndex", 0, |_, args| {
        place(args, &["tr"], &["td", "th"])
    })?;
    method(prototype, "rowIndex", 0, |_, args| {
        place(args, &["table"], &["tr"])
    })?;
    method(prototype, "sectionRowIndex", 0, |_, args| {
        place(args, &["thead", "tbody", "tfoot"], &["tr"])
    })
}
