//! A parsed document: walking over its nodes and writing them out again, without any JavaScript.
//!
//! Bytes are the server's: nothing here recurses over the tree.

use dom_query::{Document, Matcher, NodeData, NodeId, NodeRef};

use crate::sys::deep::on_deep_stack;

/// Longest selector that is taken: the matcher recurses once for each of its parts.
const MAX_SELECTOR: usize = 2000;

/// A document with the URL that its links are relative to.
pub(crate) struct Page {
    document: Document,
    /// `res.url`; `None` for `parseHTML`.
    base: Option<url::Url>,
}

/// A selector, parsed.
pub(super) struct Selector(Matcher);

impl Selector {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Selector, String> {
        if text.len() > MAX_SELECTOR {
            return Err(format!("a selector has at most {MAX_SELECTOR} bytes"));
        }
        // `:matches` is what older engines called `:is`.
        let text = text.replace(":matches(", ":is(");
        on_deep_stack(|| Matcher::new(&text).map(Selector).map_err(drop))
            .map_err(|()| format!("invalid selector: {text}"))
    }

    pub(super) fn holds(&self, page: &Page, node: NodeId) -> bool {
        on_deep_stack(|| page.node(node).is_match(&self.0))
    }
}

impl Page {
    pub(crate) fn parse(html: &str, base: Option<&str>) -> Page {
        Page {
            document: on_deep_stack(|| Document::from(html)),
            base: base.and_then(|base| url::Url::parse(base).ok()),
        }
    }

    pub(super) fn base(&self) -> Option<&url::Url> {
        self.base.as_ref()
    }

    pub(super) fn root(&self) -> NodeId {
        self.document.root().id
    }

    pub(super) fn node(&self, id: NodeId) -> NodeRef<'_> {
        NodeRef::new(id, &self.document.tree)
    }

    pub(super) fn is_element(&self, id: NodeId) -> bool {
        self.node(id).is_element()
    }

    /// Tag in lower case; of other nodes what DOM calls them.
    pub(super) fn name(&self, id: NodeId) -> String {
        let node = self.node(id);
        if let Some(name) = node.node_name() {
            return name.to_string();
        }
        let name = if node.is_text() {
            "#text"
        } else if node.is_comment() {
            "#comment"
        } else if node.is_doctype() {
            "html"
        } else {
            "#document"
        };
        name.to_owned()
    }

    pub(super) fn attr(&self, id: NodeId, name: &str) -> Option<String> {
        self.node(id).attr(name).map(|value| value.to_string())
    }

    pub(super) fn attrs(&self, id: NodeId) -> Vec<(String, String)> {
        self.node(id)
            .attrs()
            .into_iter()
            .map(|attr| (attr.name.local.to_string(), attr.value.to_string()))
            .collect()
    }

    /// All text inside, concatenated.
    pub(super) fn text(&self, id: NodeId) -> String {
        let own = |id: NodeId| {
            self.node(id).query_or(None, |node| match &node.data {
                NodeData::Text { contents } => Some(contents.to_string()),
                _ => None,
            })
        };
        let mut text = own(id).unwrap_or_default();
        for inner in self.descendants(id) {
            text.push_str(&own(inner).unwrap_or_default());
        }
        text
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent().map(|node| node.id)
    }

    /// The parent, where it is an element.
    pub(super) fn parent_element(&self, id: NodeId) -> Option<NodeId> {
        self.parent(id).filter(|parent| self.is_element(*parent))
    }

    /// Elements around it, from the inside out.
    pub(super) fn parents(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.parent_element(id), |id| self.parent_element(*id))
    }

    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.node(id).children_it(false).map(|node| node.id)
    }

    pub(super) fn child_elements(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.children(id).filter(|child| self.is_element(*child))
    }

    pub(super) fn next(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).next_sibling().map(|node| node.id)
    }

    pub(super) fn prev(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).prev_sibling().map(|node| node.id)
    }

    /// Elements behind it.
    pub(super) fn following(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.next(id), |id| self.next(*id)).filter(|id| self.is_element(*id))
    }

    /// Elements before it, the nearest first.
    pub(super) fn preceding(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.prev(id), |id| self.prev(*id)).filter(|id| self.is_element(*id))
    }

    /// Everything inside, in the order of the document.
    pub(super) fn descendants(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let mut at = Some(id);
        std::iter::from_fn(move || {
            let here = self.node(at?);
            let next = match here.first_child() {
                Some(child) => Some(child.id),
                None => {
                    let mut up = here.id;
                    loop {
                        if up == id {
                            break None;
                        }
                        if let Some(next) = self.next(up) {
                            break Some(next);
                        }
                        match self.parent(up) {
                            Some(parent) => up = parent,
                            None => break None,
                        }
                    }
                }
            };
            at = next;
            next
        })
    }

    /// Elements inside that the selector selects.
    pub(super) fn find(&self, id: NodeId, selector: &Selector) -> Vec<NodeId> {
        on_deep_stack(|| {
            self.descendants(id)
                .filter(|inner| self.node(*inner).is_match(&selector.0))
                .collect()
        })
    }

    pub(super) fn contains(&self, outer: NodeId, inner: NodeId) -> bool {
        std::iter::successors(self.parent(inner), |id| self.parent(*id)).any(|id| id == outer)
    }

    /// HTML of all that is inside.
    pub(super) fn inner_html(&self, id: NodeId) -> String {
        let mut out = String::new();
        let mut open: Vec<Step> = Vec::new();
        self.push_children(id, &mut open);
        self.write(&mut out, open);
        out
    }

    /// HTML of the node itself with all that is inside.
    pub(super) fn outer_html(&self, id: NodeId) -> String {
        let mut out = String::new();
        self.write(&mut out, vec![Step::Node(id)]);
        out
    }

    fn push_children(&self, id: NodeId, open: &mut Vec<Step>) {
        let children = self.node(id).children_it(true);
        open.extend(children.map(|child| Step::Node(child.id)));
    }

    /// As Go's renderer writes it: void elements end in `/>`, quotes are escaped in text, too.
    fn write(&self, out: &mut String, mut open: Vec<Step>) {
        while let Some(step) = open.pop() {
            let id = match step {
                Step::Node(id) => id,
                Step::End(name) => {
                    out.push_str("</");
                    out.push_str(&name);
                    out.push('>');
                    continue;
                }
            };
            let node = self.node(id);
            if let Some(name) = node.node_name() {
                out.push('<');
                out.push_str(&name);
                for (attr, value) in self.attrs(id) {
                    out.push(' ');
                    out.push_str(&attr);
                    out.push_str("=\"");
                    escape(out, &value);
                    out.push('"');
                }
                if VOID.contains(&&*name) {
                    out.push_str("/>");
                    continue;
                }
                out.push('>');
                open.push(Step::End(name.to_string()));
                self.push_children(id, &mut open);
                continue;
            }
            let raw = self
                .parent(id)
                .is_some_and(|parent| RAW.contains(&self.name(parent).as_str()));
            node.query_or((), |node| match &node.data {
                NodeData::Text { contents } if raw => out.push_str(contents),
                NodeData::Text { contents } => escape(out, contents),
                NodeData::Comment { contents } => {
                    out.push_str("<!--");
                    out.push_str(contents);
                    out.push_str("-->");
                }
                NodeData::Doctype { name, .. } => {
                    out.push_str("<!DOCTYPE ");
                    out.push_str(name);
                    out.push('>');
                }
                NodeData::Document
                | NodeData::Fragment
                | NodeData::Element(_)
                | NodeData::ProcessingInstruction { .. } => {}
            });
            if node.is_document() {
                self.push_children(id, &mut open);
            }
        }
    }
}

/// What is still to be written.
enum Step {
    Node(NodeId),
    End(String),
}

const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "keygen", "link", "meta", "param",
    "source", "track", "wbr",
];

/// Elements whose text is written as it is.
const RAW: &[&str] = &[
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "plaintext",
    "script",
    "style",
    "xmp",
];

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_written_as_it_was_read() {
        for html in [
            "<p a=\"b\">x &amp; y<br/><b>z</b></p><!-- c -->",
            "<script>if (a < b && c) {}</script><p>&#34;&#39;</p>",
            "<ul><li>1</li><li>2</li></ul>",
        ] {
            let page = Page::parse(html, None);
            let body = page.find(page.root(), &Selector::parse("body").unwrap())[0];
            let head = page.find(page.root(), &Selector::parse("head").unwrap())[0];
            assert_eq!(page.inner_html(head) + &page.inner_html(body), html);
        }
    }

    #[test]
    fn a_document_as_deep_as_it_likes_is_walked_without_a_deep_stack() {
        let html = "<div>".repeat(4000);
        let page = Page::parse(&html, None);
        assert!(page.outer_html(page.root()).len() > 40_000);
        assert_eq!(page.text(page.root()), "");
        let deepest = Selector::parse("div:not(:has(*))").unwrap();
        assert_eq!(page.find(page.root(), &deepest).len(), 1);
    }

    #[test]
    fn selectors_of_any_depth_are_parsed_or_refused() {
        let page = Page::parse("<p><b>x</b></p>", None);
        for selector in [
            "*>".repeat(900) + "*",
            ":not(".repeat(300) + "b" + &")".repeat(300),
            ":is(".repeat(5000) + "b",
        ] {
            if let Ok(selector) = Selector::parse(&selector) {
                let _ = page.find(page.root(), &selector);
            }
        }
        assert!(Selector::parse("p[").is_err());
        assert_eq!(
            page.find(page.root(), &Selector::parse("p:contains('x')").unwrap())
                .len(),
            1
        );
    }
}
