//! Elements: single nodes whose every property is a method, as in k6.

use std::rc::Rc;

use dom_query::NodeId;
use rquickjs::{Array, Ctx, Object, Result, Value};

use super::{
    Selection,
    page::{Page, Selector},
    show as show_selection,
};
use crate::{
    modules::{method, text, throw, throw_type, to_text, undefined},
    sys::{
        native::{self, NativeClass},
        qjs::Args,
    },
};

/// A node in a script's hands.
#[derive(Clone)]
pub(super) struct Element {
    pub(super) page: Rc<Page>,
    pub(super) node: NodeId,
}

pub(super) fn show<'js>(ctx: &Ctx<'js>, page: &Rc<Page>, node: NodeId) -> Result<Value<'js>> {
    let element = Element {
        page: Rc::clone(page),
        node,
    };
    native::instance(ctx, element).map(Object::into_value)
}

pub(super) fn optional<'js>(
    ctx: &Ctx<'js>,
    page: &Rc<Page>,
    node: Option<NodeId>,
) -> Result<Value<'js>> {
    node.map_or_else(|| Ok(undefined(ctx)), |node| show(ctx, page, node))
}

pub(super) fn list<'js>(
    ctx: &Ctx<'js>,
    page: &Rc<Page>,
    nodes: impl IntoIterator<Item = NodeId>,
) -> Result<Value<'js>> {
    let list = Array::new(ctx.clone())?;
    for (index, node) in nodes.into_iter().enumerate() {
        list.set(index, show(ctx, page, node)?)?;
    }
    Ok(list.into_value())
}

pub(super) fn strings<'js>(
    ctx: &Ctx<'js>,
    strings: impl IntoIterator<Item = String>,
) -> Result<Value<'js>> {
    let list = Array::new(ctx.clone())?;
    for (index, string) in strings.into_iter().enumerate() {
        list.set(index, string)?;
    }
    Ok(list.into_value())
}

/// The element that a method is called on.
pub(super) fn this(args: &Args<'_, '_>) -> Result<Element> {
    native::with(&args.this(), Element::clone)
        .ok_or_else(|| throw_type(args.ctx(), "this is not an Element"))
}

pub(super) fn boolean<'js>(args: &Args<'_, 'js>, truth: bool) -> Result<Value<'js>> {
    Ok(Value::new_bool(args.ctx().clone(), truth))
}

pub(super) fn text_or_undefined<'js>(
    args: &Args<'_, 'js>,
    value: Option<String>,
) -> Result<Value<'js>> {
    match value {
        Some(value) => text(args.ctx(), &value),
        None => Ok(undefined(args.ctx())),
    }
}

type Step = fn(&Page, NodeId) -> Option<NodeId>;

fn go<'js>(args: &Args<'_, 'js>, step: Step) -> Result<Value<'js>> {
    let element = this(args)?;
    let node = step(&element.page, element.node);
    optional(args.ctx(), &element.page, node)
}

fn selector(args: &Args<'_, '_>) -> Result<Selector> {
    Selector::parse(&to_text(&args.get(0))?).map_err(|message| throw(args.ctx(), &message))
}

impl NativeClass for Element {
    const NAME: &'static str = "Element";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        nodes(prototype)?;
        contents(prototype)?;
        attributes(prototype)?;
        super::accessors::install(prototype)
    }
}

/// Ways to other nodes.
fn nodes(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "firstChild", 0, |_, args| {
        go(args, |page, node| page.children(node).next())
    })?;
    method(prototype, "lastChild", 0, |_, args| {
        go(args, |page, node| page.children(node).last())
    })?;
    method(prototype, "firstElementChild", 0, |_, args| {
        go(args, |page, node| page.child_elements(node).next())
    })?;
    method(prototype, "lastElementChild", 0, |_, args| {
        go(args, |page, node| page.child_elements(node).last())
    })?;
    method(prototype, "parentNode", 0, |_, args| go(args, Page::parent))?;
    method(prototype, "parentElement", 0, |_, args| {
        go(args, Page::parent_element)
    })?;
    method(prototype, "nextSibling", 0, |_, args| go(args, Page::next))?;
    method(prototype, "previousSibling", 0, |_, args| {
        go(args, Page::prev)
    })?;
    method(prototype, "nextElementSibling", 0, |_, args| {
        go(args, |page, node| page.following(node).next())
    })?;
    method(prototype, "previousElementSibling", 0, |_, args| {
        go(args, |page, node| page.preceding(node).next())
    })?;
    method(prototype, "ownerDocument", 0, |_, args| {
        go(args, |page, node| {
            (node != page.root()).then(|| page.root())
        })
    })?;
    method(prototype, "childNodes", 0, |_, args| {
        let element = this(args)?;
        list(
            args.ctx(),
            &element.page,
            element.page.children(element.node),
        )
    })?;
    method(prototype, "children", 0, |_, args| {
        let element = this(args)?;
        list(
            args.ctx(),
            &element.page,
            element.page.child_elements(element.node),
        )
    })?;
    method(prototype, "querySelector", 1, |_, args| {
        let (element, selector) = (this(args)?, selector(args)?);
        let found = element
            .page
            .find(element.node, &selector)
            .into_iter()
            .next();
        optional(args.ctx(), &element.page, found)
    })?;
    method(prototype, "querySelectorAll", 1, |_, args| {
        let (element, selector) = (this(args)?, selector(args)?);
        list(
            args.ctx(),
            &element.page,
            element.page.find(element.node, &selector),
        )
    })?;
    method(prototype, "getElementsByTagName", 1, |_, args| {
        let element = this(args)?;
        let wanted = to_text(&args.get(0))?.to_ascii_lowercase();
        let page = &element.page;
        let found = page
            .descendants(element.node)
            .filter(|node| page.is_element(*node) && (wanted == "*" || page.name(*node) == wanted));
        list(args.ctx(), page, found)
    })?;
    method(prototype, "getElementsByClassName", 1, |_, args| {
        let element = this(args)?;
        let wanted = to_text(&args.get(0))?;
        let page = &element.page;
        let found = page.descendants(element.node).filter(|node| {
            let node = page.node(*node);
            let mut classes = wanted.split_ascii_whitespace().peekable();
            classes.peek().is_some() && classes.all(|class| node.has_class(class))
        });
        list(args.ctx(), page, found)
    })?;
    method(prototype, "selection", 0, |_, args| {
        let element = this(args)?;
        let whole = Selection::whole(Rc::clone(&element.page));
        show_selection(args.ctx(), whole.derive([element.node]))
    })
}

/// DOM's number of a kind of node.
fn node_type(element: &Element) -> i32 {
    let node = element.page.node(element.node);
    if node.is_element() {
        1
    } else if node.is_text() {
        3
    } else if node.is_comment() {
        8
    } else if node.is_doctype() {
        10
    } else {
        9
    }
}

/// What a node is and holds.
fn contents(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "nodeName", 0, |_, args| {
        let element = this(args)?;
        text(args.ctx(), &element.page.name(element.node))
    })?;
    method(prototype, "nodeType", 0, |_, args| {
        Ok(Value::new_int(args.ctx().clone(), node_type(&this(args)?)))
    })?;
    method(prototype, "nodeValue", 0, |_, args| {
        let element = this(args)?;
        let value = match node_type(&element) {
            3 => Some(element.page.text(element.node)),
            8 => Some(comment_text(&element)),
            _ => None,
        };
        text_or_undefined(args, value)
    })?;
    method(prototype, "textContent", 0, |_, args| {
        let element = this(args)?;
        text(args.ctx(), &element.page.text(element.node))
    })?;
    method(prototype, "innerHTML", 0, |_, args| {
        let element = this(args)?;
        text(args.ctx(), &element.page.inner_html(element.node))
    })?;
    method(prototype, "toString", 0, |_, args| {
        let element = this(args)?;
        text(args.ctx(), &element.page.outer_html(element.node))
    })?;
    method(prototype, "childElementCount", 0, |_, args| {
        let element = this(args)?;
        super::count(
            args.ctx(),
            element.page.child_elements(element.node).count(),
        )
    })?;
    method(prototype, "hasChildNodes", 0, |_, args| {
        let element = this(args)?;
        boolean(args, element.page.children(element.node).next().is_some())
    })?;
    method(prototype, "matches", 1, |_, args| {
        let (element, selector) = (this(args)?, selector(args)?);
        boolean(args, selector.holds(&element.page, element.node))
    })?;
    method(prototype, "contains", 1, |_, args| {
        let element = this(args)?;
        let inside = native::with(&args.get(0), |other: &Element| {
            Rc::ptr_eq(&element.page, &other.page)
                && (element.node == other.node || element.page.contains(element.node, other.node))
        });
        boolean(args, inside.unwrap_or_default())
    })?;
    method(prototype, "isSameNode", 1, |_, args| {
        let element = this(args)?;
        let same = native::with(&args.get(0), |other: &Element| {
            Rc::ptr_eq(&element.page, &other.page) && element.node == other.node
        });
        boolean(args, same.unwrap_or_default())
    })?;
    method(prototype, "isEqualNode", 1, |_, args| {
        let element = this(args)?;
        let equal = native::with(&args.get(0), |other: &Element| {
            element.page.outer_html(element.node) == other.page.outer_html(other.node)
        });
        boolean(args, equal.unwrap_or_default())
    })
}

fn comment_text(element: &Element) -> String {
    let html = element.page.outer_html(element.node);
    html.trim_start_matches("<!--")
        .trim_end_matches("-->")
        .to_owned()
}

fn attributes(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "getAttribute", 1, |_, args| {
        let element = this(args)?;
        let name = to_text(&args.get(0))?;
        text_or_undefined(args, element.page.attr(element.node, &name))
    })?;
    method(prototype, "getAttributeNode", 1, |_, args| {
        let element = this(args)?;
        let name = to_text(&args.get(0))?;
        match element.page.attr(element.node, &name) {
            Some(value) => attribute(args, &element, &name, value),
            None => Ok(undefined(args.ctx())),
        }
    })?;
    method(prototype, "attributes", 0, |_, args| {
        let element = this(args)?;
        let all = Object::new(args.ctx().clone())?;
        for (name, value) in element.page.attrs(element.node) {
            all.set(name.as_str(), attribute(args, &element, &name, value)?)?;
        }
        Ok(all.into_value())
    })?;
    method(prototype, "hasAttribute", 1, |_, args| {
        let element = this(args)?;
        let name = to_text(&args.get(0))?;
        boolean(args, element.page.attr(element.node, &name).is_some())
    })?;
    method(prototype, "hasAttributes", 0, |_, args| {
        let element = this(args)?;
        boolean(args, !element.page.attrs(element.node).is_empty())
    })?;
    method(prototype, "id", 0, |_, args| {
        let element = this(args)?;
        text(
            args.ctx(),
            &element.page.attr(element.node, "id").unwrap_or_default(),
        )
    })?;
    method(prototype, "className", 0, |_, args| {
        let element = this(args)?;
        text_or_undefined(args, element.page.attr(element.node, "class"))
    })?;
    method(prototype, "classList", 0, |_, args| {
        let element = this(args)?;
        let classes = element.page.attr(element.node, "class").unwrap_or_default();
        strings(
            args.ctx(),
            classes.split_ascii_whitespace().map(str::to_owned),
        )
    })?;
    method(prototype, "lang", 0, |_, args| {
        let element = this(args)?;
        text_or_undefined(args, element.page.attr(element.node, "lang"))
    })?;
    method(prototype, "namespaceURI", 0, |_, args| {
        let element = this(args)?;
        let namespace = element
            .page
            .node(element.node)
            .qual_name_ref()
            .map(|name| name.ns.to_string());
        text(args.ctx(), &namespace.unwrap_or_default())
    })?;
    method(prototype, "isDefaultNamespace", 0, |_, args| {
        let element = this(args)?;
        let name = element
            .page
            .node(element.node)
            .qual_name_ref()
            .map(|name| name.ns.to_string());
        boolean(
            args,
            name.is_some_and(|namespace| namespace.ends_with("/xhtml")),
        )
    })
}

/// An attribute as an object of its own.
fn attribute<'js>(
    args: &Args<'_, 'js>,
    owner: &Element,
    name: &str,
    value: String,
) -> Result<Value<'js>> {
    let object = Object::new(args.ctx().clone())?;
    object.set("name", name)?;
    object.set("value", value)?;
    object.set("ownerElement", show(args.ctx(), &owner.page, owner.node)?)?;
    method(&object, "localName", 0, |_, args| {
        let this = args.this();
        let name: String = this
            .as_object()
            .map_or(Ok(String::new()), |this| this.get("name"))?;
        text(args.ctx(), name.rsplit(':').next().unwrap_or_default())
    })?;
    method(&object, "namespaceURI", 0, |_, args| text(args.ctx(), ""))?;
    method(&object, "prefix", 0, |_, args| {
        let this = args.this();
        let name: String = this
            .as_object()
            .map_or(Ok(String::new()), |this| this.get("name"))?;
        text(
            args.ctx(),
            name.rsplit_once(':').map_or("", |(prefix, _)| prefix),
        )
    })?;
    Ok(object.into_value())
}
