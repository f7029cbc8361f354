//! Accessors of elements by their tag: links, forms and their fields, tables, media. One prototype serves all tags; what a
//! tag does not have is undefined.

use dom_query::NodeId;
use rquickjs::{Object, Result, Value};

use super::{
    count,
    element::{self, Element, boolean, strings, this},
    field_value, forms,
    page::Page,
};
use crate::{
    modules::{method, text, undefined},
    sys::qjs::Args,
};

mod lists;

/// Attributes whose text is given as it is.
macro_rules! plain {
    ($prototype:expr, $($name:literal = $attr:literal),* $(,)?) => {
        $(method($prototype, $name, 0, |_, args| attr(args, $attr))?;)*
    };
}

/// Attributes that are there or not.
macro_rules! flags {
    ($prototype:expr, $($name:literal = $attr:literal),* $(,)?) => {
        $(method($prototype, $name, 0, |_, args| {
            let element = this(args)?;
            boolean(args, element.page.attr(element.node, $attr).is_some())
        })?;)*
    };
}

/// Attributes that are numbers, with what they are where they are not given.
macro_rules! numbers {
    ($prototype:expr, $($name:literal = $attr:literal or $default:literal),* $(,)?) => {
        $(method($prototype, $name, 0, |_, args| {
            let element = this(args)?;
            let number = element.page.attr(element.node, $attr)
                .and_then(|text| text.trim().parse::<i32>().ok());
            Ok(Value::new_int(args.ctx().clone(), number.unwrap_or($default)))
        })?;)*
    };
}

/// Parts of a link's URL.
macro_rules! parts {
    ($prototype:expr, $($name:literal = $part:expr),* $(,)?) => {
        $(method($prototype, $name, 0, |_, args| part(args, $part))?;)*
    };
}

pub(super) fn install(prototype: &Object<'_>) -> Result<()> {
    plain!(
        prototype,
        "accept" = "accept",
        "acceptCharset" = "accept-charset",
        "accessKey" = "accesskey",
        "align" = "align",
        "allow" = "allow",
        "alt" = "alt",
        "autocapitalize" = "autocapitalize",
        "autocomplete" = "autocomplete",
        "charset" = "charset",
        "challenge" = "challenge",
        "content" = "content",
        "coords" = "coords",
        "crossOrigin" = "crossorigin",
        "data" = "data",
        "datetime" = "datetime",
        "dir" = "dir",
        "encoding" = "enctype",
        "enctype" = "enctype",
        "formEnctype" = "formenctype",
        "formTarget" = "formtarget",
        "headers" = "headers",
        "hreflang" = "hreflang",
        "htmlFor" = "for",
        "httpEquiv" = "http-equiv",
        "inputMode" = "inputmode",
        "kind" = "kind",
        "keytype" = "keytype",
        "mediaGroup" = "mediagroup",
        "media" = "media",
        "name" = "name",
        "pattern" = "pattern",
        "placeholder" = "placeholder",
        "preload" = "preload",
        "referrerPolicy" = "referrerpolicy",
        "rel" = "rel",
        "scope" = "scope",
        "shape" = "shape",
        "sizes" = "sizes",
        "srcdoc" = "srcdoc",
        "srclang" = "srclang",
        "srcset" = "srcset",
        "step" = "step",
        "style" = "style",
        "target" = "target",
        "title" = "title",
        "useMap" = "usemap",
        "wrap" = "wrap",
        "abbr" = "abbr",
        "min" = "min",
    );
    flags!(
        prototype,
        "allowFullscreen" = "allowfullscreen",
        "allowPaymentRequest" = "allowpaymentrequest",
        "async" = "async",
        "autofocus" = "autofocus",
        "autoplay" = "autoplay",
        "checked" = "checked",
        "contentEditable" = "contenteditable",
        "controls" = "controls",
        "default" = "default",
        "defaultChecked" = "checked",
        "defaultMuted" = "muted",
        "defaultSelected" = "selected",
        "defer" = "defer",
        "disabled" = "disabled",
        "formNoValidate" = "formnovalidate",
        "hidden" = "hidden",
        "isMap" = "ismap",
        "loop" = "loop",
        "multiple" = "multiple",
        "muted" = "muted",
        "noModule" = "nomodule",
        "noValidate" = "novalidate",
        "open" = "open",
        "readonly" = "readonly",
        "readOnly" = "readonly",
        "required" = "required",
        "reversed" = "reversed",
        "selected" = "selected",
        "sorted" = "sorted",
        "typeMustMatch" = "typemustmatch",
        "translate" = "translate",
    );
    numbers!(
        prototype,
        "colSpan" = "colspan" or 1, "cols" = "cols" or 20, "maxLength" = "maxlength" or -1,
        "minLength" = "minlength" or -1, "rowSpan" = "rowspan" or 1, "span" = "span" or 1,
        "start" = "start" or 1, "tabIndex" = "tabindex" or 0, "width" = "width" or 0, "height" = "height" or 0,
    );
    parts!(
        prototype,
        "hash" = |url| url
            .fragment()
            .map(|hash| format!("#{hash}"))
            .unwrap_or_default(),
        "host" = |url| match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        },
        "hostname" = |url| url.host_str().unwrap_or_default().to_owned(),
        "origin" = |url| url.origin().ascii_serialization(),
        "password" = |url| url.password().unwrap_or_default().to_owned(),
        "pathname" = |url| url.path().to_owned(),
        "port" = |url| url.port().map(|port| port.to_string()).unwrap_or_default(),
        "protocol" = |url| format!("{}:", url.scheme()),
        "search" = |url| url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default(),
        "username" = |url| url.username().to_owned(),
    );
    links(prototype)?;
    fields(prototype)?;
    lists::selects(prototype)?;
    lists::tables(prototype)
}

fn attr<'js>(args: &Args<'_, 'js>, name: &str) -> Result<Value<'js>> {
    let element = this(args)?;
    text(
        args.ctx(),
        &element.page.attr(element.node, name).unwrap_or_default(),
    )
}

/// An attribute that is a URL, resolved against the page's.
fn resolved(element: &Element, name: &str) -> String {
    let Some(reference) = element.page.attr(element.node, name) else {
        return String::new();
    };
    match element.page.base().map(|base| base.join(&reference)) {
        Some(Ok(url)) => url.to_string(),
        Some(Err(_)) | None => reference,
    }
}

fn url_attr<'js>(args: &Args<'_, 'js>, name: &str) -> Result<Value<'js>> {
    text(args.ctx(), &resolved(&this(args)?, name))
}

fn part<'js>(args: &Args<'_, 'js>, part: fn(&url::Url) -> String) -> Result<Value<'js>> {
    let element = this(args)?;
    let url = url::Url::parse(&resolved(&element, "href")).ok();
    text(args.ctx(), &url.as_ref().map(part).unwrap_or_default())
}

fn links(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "href", 0, |_, args| url_attr(args, "href"))?;
    method(prototype, "src", 0, |_, args| url_attr(args, "src"))?;
    method(prototype, "currentSrc", 0, |_, args| url_attr(args, "src"))?;
    method(prototype, "action", 0, |_, args| url_attr(args, "action"))?;
    method(prototype, "cite", 0, |_, args| url_attr(args, "cite"))?;
    method(prototype, "longDesc", 0, |_, args| {
        url_attr(args, "longdesc")
    })?;
    method(prototype, "poster", 0, |_, args| url_attr(args, "poster"))?;
    method(prototype, "relList", 0, |_, args| {
        let element = this(args)?;
        let rel = element.page.attr(element.node, "rel").unwrap_or_default();
        strings(args.ctx(), rel.split_ascii_whitespace().map(str::to_owned))
    })?;
    method(prototype, "text", 0, |_, args| {
        let element = this(args)?;
        text(args.ctx(), &element.page.text(element.node))
    })?;
    method(prototype, "areas", 0, |_, args| inner(args, &["area"]))?;
    method(prototype, "textTracks", 0, |_, args| {
        inner(args, &["track"])
    })?;
    method(prototype, "images", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let wanted = format!("#{}", page.attr(element.node, "name").unwrap_or_default());
        let found = page.descendants(page.root()).filter(|node| {
            matches!(page.name(*node).as_str(), "img" | "object")
                && page.attr(*node, "usemap").as_deref() == Some(&wanted)
        });
        element::list(args.ctx(), page, found)
    })
}

/// Elements inside with one of these tags.
fn inner<'js>(args: &Args<'_, 'js>, tags: &[&str]) -> Result<Value<'js>> {
    let element = this(args)?;
    let found = inside(&element.page, element.node, tags);
    element::list(args.ctx(), &element.page, found)
}

fn inside<'a>(page: &'a Page, node: NodeId, tags: &'a [&'a str]) -> impl Iterator<Item = NodeId> {
    page.descendants(node)
        .filter(move |node| tags.contains(&page.name(*node).as_str()))
}

/// The form that a field belongs to: by its `form` attribute, or the one around it.
fn form_of(page: &Page, node: NodeId) -> Option<NodeId> {
    match page.attr(node, "form") {
        Some(id) => page.descendants(page.root()).find(|other| {
            page.name(*other) == "form" && page.attr(*other, "id").as_deref() == Some(&id)
        }),
        None => page
            .parents(node)
            .find(|parent| page.name(*parent) == "form"),
    }
}

/// The form's attribute, where the field itself has none.
fn form_attr<'js>(
    args: &Args<'_, 'js>,
    own: &str,
    forms: &str,
    default: &str,
) -> Result<Value<'js>> {
    let element = this(args)?;
    let page = &element.page;
    let value = page
        .attr(element.node, own)
        .or_else(|| form_of(page, element.node).and_then(|form| page.attr(form, forms)))
        .unwrap_or_else(|| default.to_owned());
    text(args.ctx(), &value)
}

fn fields(prototype: &Object<'_>) -> Result<()> {
    method(prototype, "form", 0, |_, args| {
        let element = this(args)?;
        let form = form_of(&element.page, element.node);
        element::optional(args.ctx(), &element.page, form)
    })?;
    method(prototype, "formAction", 0, |_, args| {
        form_attr(args, "formaction", "action", "")
    })?;
    method(prototype, "formMethod", 0, |_, args| {
        form_attr(args, "formmethod", "method", "get")
    })?;
    method(prototype, "method", 0, |_, args| {
        let element = this(args)?;
        let method = element
            .page
            .attr(element.node, "method")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let known = matches!(method.as_str(), "post" | "dialog");
        text(args.ctx(), if known { &method } else { "get" })
    })?;
    method(prototype, "elements", 0, |_, args| {
        let element = this(args)?;
        let found = forms::elements_of(&element.page, element.node);
        element::list(args.ctx(), &element.page, found)
    })?;
    method(prototype, "length", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let length = match page.name(element.node).as_str() {
            "select" | "datalist" => forms::options(page, element.node).count(),
            "textarea" => page.text(element.node).chars().count(),
            _ => forms::elements_of(page, element.node).count(),
        };
        count(args.ctx(), length)
    })?;
    method(prototype, "labels", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let id = page.attr(element.node, "id");
        let found = page.descendants(page.root()).filter(|node| {
            page.name(*node) == "label"
                && (page.contains(*node, element.node)
                    || (id.is_some() && page.attr(*node, "for") == id))
        });
        element::list(args.ctx(), page, found)
    })?;
    method(prototype, "control", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let control = match page.attr(element.node, "for") {
            Some(id) => page
                .descendants(page.root())
                .find(|node| page.attr(*node, "id").as_deref() == Some(&id)),
            None => inside(
                page,
                element.node,
                &["input", "select", "textarea", "button"],
            )
            .next(),
        };
        element::optional(args.ctx(), page, control)
    })?;
    method(prototype, "type", 0, |_, args| {
        let element = this(args)?;
        let page = &element.page;
        let given = page.attr(element.node, "type");
        let default = match page.name(element.node).as_str() {
            "input" => "text",
            "button" => "submit",
            "fieldset" => "fieldset",
            "textarea" => "textarea",
            "style" => "text/css",
            "select" if page.attr(element.node, "multiple").is_some() => "select-multiple",
            "select" => "select-one",
            _ => "",
        };
        text(args.ctx(), &given.unwrap_or_else(|| default.to_owned()))
    })?;
    method(prototype, "value", 0, value)?;
    method(prototype, "defaultValue", 0, value)?;
    method(prototype, "validity", 0, |_, args| {
        Ok(undefined(args.ctx()))
    })
}

fn value<'js>(_state: &crate::state::State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let element = this(args)?;
    let page = &element.page;
    match page.name(element.node).as_str() {
        "progress" | "meter" | "li" => {
            let number = page
                .attr(element.node, "value")
                .and_then(|text| text.trim().parse().ok());
            Ok(Value::new_number(args.ctx().clone(), number.unwrap_or(0.0)))
        }
        "output" => text(args.ctx(), &page.text(element.node)),
        _ => field_value(args.ctx(), forms::value(page, element.node)),
    }
}
