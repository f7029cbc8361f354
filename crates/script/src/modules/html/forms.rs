//! Values of form fields and whole forms.

use dom_query::NodeId;

use super::page::{Page, Selector};

/// What `val()` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldValue {
    One(String),
    /// Of a select with `multiple`.
    Many(Vec<String>),
}

/// The value of a field; `None` where there is none.
pub(super) fn value(page: &Page, id: NodeId) -> Option<FieldValue> {
    match page.name(id).as_str() {
        "input" => {
            let is_box = matches!(page.attr(id, "type").as_deref(), Some("checkbox" | "radio"));
            page.attr(id, "value")
                .or_else(|| Some(if is_box { "on" } else { "" }.to_owned()))
                .map(FieldValue::One)
        }
        "button" => page
            .attr(id, "value")
            .or(Some(String::new()))
            .map(FieldValue::One),
        "textarea" => Some(FieldValue::One(page.inner_html(id))),
        "option" => Some(FieldValue::One(option_value(page, id))),
        "select" => {
            let mut chosen = options(page, id)
                .filter(|option| page.attr(*option, "selected").is_some())
                .map(|option| option_value(page, option));
            if page.attr(id, "multiple").is_some() {
                Some(FieldValue::Many(chosen.collect()))
            } else {
                chosen.next().map(FieldValue::One)
            }
        }
        _ => page.attr(id, "value").map(FieldValue::One),
    }
}

pub(super) fn option_value(page: &Page, id: NodeId) -> String {
    page.attr(id, "value")
        .unwrap_or_else(|| page.inner_html(id))
}

pub(super) fn options(page: &Page, select: NodeId) -> impl Iterator<Item = NodeId> {
    page.descendants(select)
        .filter(|id| page.name(*id) == "option")
}

const CONTROLS: &[&str] = &["input", "select", "textarea", "keygen"];

/// Fields of a form, buttons too.
pub(super) fn elements_of(page: &Page, form: NodeId) -> impl Iterator<Item = NodeId> {
    page.descendants(form).filter(|id| {
        let name = page.name(*id);
        CONTROLS.contains(&name.as_str()) || name == "button" || name == "fieldset"
    })
}

/// Name and value of each field that a form would send, in the order of the document.
pub(super) fn serialize(page: &Page, nodes: &[NodeId]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for &node in nodes {
        if page.name(node) == "form" {
            for inner in page.descendants(node) {
                add_field(page, inner, &mut fields);
            }
        } else {
            add_field(page, node, &mut fields);
        }
    }
    fields
}

fn add_field(page: &Page, id: NodeId, fields: &mut Vec<(String, String)>) {
    if !CONTROLS.contains(&page.name(id).as_str()) {
        return;
    }
    // As in k6: only these exact values switch a field off, or on.
    if page.attr(id, "disabled").as_deref() == Some("disabled") {
        return;
    }
    match page.attr(id, "type").as_deref() {
        Some("submit" | "button" | "image" | "reset" | "file") => return,
        Some("checkbox" | "radio") if page.attr(id, "checked").as_deref() != Some("checked") => {
            return;
        }
        Some(_) | None => {}
    }
    let Some(name) = page.attr(id, "name").filter(|name| !name.is_empty()) else {
        return;
    };
    match value(page, id) {
        Some(FieldValue::One(value)) => fields.push((name, value)),
        Some(FieldValue::Many(values)) => {
            fields.extend(values.into_iter().map(|value| (name.clone(), value)));
        }
        None => {}
    }
}

/// Where and how a form is sent.
pub(crate) struct FormFacts {
    pub(crate) method: String,
    pub(crate) action: Option<String>,
    /// Serialized fields, then the button's.
    pub(crate) fields: Vec<(String, String)>,
}

/// The first form that `form` selects, with the first button inside that `submit` selects.
///
/// # Errors
/// What is missing, or wrong with a selector.
pub(crate) fn form(page: &Page, form: &str, submit: &str) -> Result<FormFacts, String> {
    let node = page
        .find(page.root(), &Selector::parse(form)?)
        .into_iter()
        .next()
        .ok_or_else(|| format!("no form found for selector '{form}' in response"))?;
    let mut fields = serialize(page, &[node]);
    let button = page
        .find(node, &Selector::parse(submit)?)
        .into_iter()
        .next();
    if let Some(button) = button
        && let Some(name) = page.attr(button, "name").filter(|name| !name.is_empty())
        && let Some(FieldValue::One(value)) = value(page, button)
    {
        fields.push((name, value));
    }
    let method = page
        .attr(node, "method")
        .unwrap_or_default()
        .to_ascii_uppercase();
    Ok(FormFacts {
        method: if method.is_empty() {
            "GET".to_owned()
        } else {
            method
        },
        action: page
            .attr(node, "action")
            .filter(|action| !action.is_empty()),
        fields,
    })
}

/// The `href` of the first link that a selector selects.
///
/// # Errors
/// What is missing, or wrong with the selector.
pub(crate) fn link(page: &Page, selector: &str) -> Result<String, String> {
    page.find(page.root(), &Selector::parse(selector)?)
        .into_iter()
        .next()
        .ok_or_else(|| format!("no element found for selector '{selector}' in response"))
        .and_then(|node| {
            page.attr(node, "href").ok_or_else(|| {
                format!("no valid href attribute value found on element '{selector}' in response")
            })
        })
}
