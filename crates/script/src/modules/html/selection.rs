//! Selections: lists of nodes, and how one comes of another. No JavaScript in here.

use std::{collections::HashSet, rc::Rc};

use dom_query::NodeId;

use super::page::{Page, Selector};

/// A selection in a script's hands.
#[derive(Clone)]
pub(super) struct Selection {
    pub(super) page: Rc<Page>,
    pub(super) nodes: Rc<[NodeId]>,
    /// What `end()` goes back to.
    before: Option<Rc<Selection>>,
}

/// What a method compares nodes with.
pub(super) enum Test {
    /// Everything passes.
    Any,
    Selector(Selector),
    /// These nodes pass: a selection or an element of the same document.
    Nodes(Vec<NodeId>),
}

impl Test {
    pub(super) fn passes(&self, page: &Page, node: NodeId) -> bool {
        match self {
            Test::Any => true,
            Test::Selector(selector) => selector.holds(page, node),
            Test::Nodes(nodes) => nodes.contains(&node),
        }
    }
}

/// A way through the tree from one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Children,
    Contents,
    Next,
    NextAll,
    Parent,
    Parents,
    Prev,
    PrevAll,
    Siblings,
}

impl Selection {
    pub(super) fn whole(page: Rc<Page>) -> Selection {
        let nodes = Rc::from([page.root()]);
        Selection {
            page,
            nodes,
            before: None,
        }
    }

    /// Another selection of the same document; each node once, in the order in which they were found.
    pub(super) fn derive(&self, nodes: impl IntoIterator<Item = NodeId>) -> Selection {
        let mut seen = HashSet::new();
        Selection {
            page: Rc::clone(&self.page),
            nodes: nodes
                .into_iter()
                .filter(|node| seen.insert(*node))
                .collect(),
            before: Some(Rc::new(self.clone())),
        }
    }

    pub(super) fn end(&self) -> Selection {
        match &self.before {
            Some(before) => (**before).clone(),
            None => self.derive([]),
        }
    }

    pub(super) fn first(&self) -> Option<NodeId> {
        self.nodes.first().copied()
    }

    pub(super) fn find(&self, test: &Test) -> Selection {
        let page = &self.page;
        let found: Vec<NodeId> = match test {
            Test::Any => Vec::new(),
            Test::Selector(selector) => self
                .nodes
                .iter()
                .flat_map(|node| page.find(*node, selector))
                .collect(),
            Test::Nodes(wanted) => wanted
                .iter()
                .copied()
                .filter(|node| self.nodes.iter().any(|outer| page.contains(*outer, *node)))
                .collect(),
        };
        self.derive(found)
    }

    /// Where `way` leads from each node.
    pub(super) fn walk(&self, way: Way, test: &Test) -> Selection {
        let page = &self.page;
        let mut found = Vec::new();
        for &node in self.nodes.iter() {
            match way {
                Way::Children => found.extend(page.child_elements(node)),
                Way::Contents => found.extend(page.children(node)),
                Way::Next => found.extend(page.following(node).take(1)),
                Way::NextAll => found.extend(page.following(node)),
                Way::Parent => found.extend(page.parent_element(node)),
                Way::Parents => found.extend(page.parents(node)),
                Way::Prev => found.extend(page.preceding(node).take(1)),
                Way::PrevAll => found.extend(page.preceding(node)),
                Way::Siblings => {
                    if let Some(parent) = page.parent(node) {
                        found.extend(page.child_elements(parent).filter(|other| *other != node));
                    }
                }
            }
        }
        found.retain(|node| test.passes(page, *node));
        self.derive(found)
    }

    /// As [`Selection::walk`], up to the first node that passes `until`, which is left out.
    pub(super) fn walk_until(&self, way: Way, until: &Test, test: &Test) -> Selection {
        let page = &self.page;
        let stop = |node: &NodeId| !matches!(until, Test::Any) && until.passes(page, *node);
        let mut found = Vec::new();
        for &node in self.nodes.iter() {
            match way {
                Way::NextAll => found.extend(page.following(node).take_while(|node| !stop(node))),
                Way::PrevAll => found.extend(page.preceding(node).take_while(|node| !stop(node))),
                _ => found.extend(page.parents(node).take_while(|node| !stop(node))),
            }
        }
        found.retain(|node| test.passes(page, *node));
        self.derive(found)
    }

    pub(super) fn closest(&self, test: &Test) -> Selection {
        let page = &self.page;
        self.derive(self.nodes.iter().filter_map(|node| {
            std::iter::once(*node)
                .chain(page.parents(*node))
                .find(|node| test.passes(page, *node))
        }))
    }

    /// Nodes that hold something that passes.
    pub(super) fn has(&self, test: &Test) -> Selection {
        let page = &self.page;
        let holds = |node: &NodeId| match test {
            Test::Any => false,
            Test::Selector(selector) => !page.find(*node, selector).is_empty(),
            Test::Nodes(wanted) => wanted.iter().any(|inner| page.contains(*node, *inner)),
        };
        self.derive(self.nodes.iter().copied().filter(holds))
    }

    pub(super) fn filter(&self, test: &Test, wanted: bool) -> Selection {
        let page = &self.page;
        self.derive(
            self.nodes
                .iter()
                .copied()
                .filter(|node| test.passes(page, *node) == wanted),
        )
    }

    /// These too.
    pub(super) fn add(&self, test: &Test) -> Selection {
        let more = match test {
            Test::Any => Vec::new(),
            Test::Selector(selector) => self.page.find(self.page.root(), selector),
            Test::Nodes(nodes) => nodes.clone(),
        };
        self.derive(self.nodes.iter().copied().chain(more))
    }

    /// Nodes from `start` to before `end`; negative positions count from the end.
    pub(super) fn slice(&self, start: i64, end: Option<i64>) -> Selection {
        let (start, end) = (
            self.position(start),
            end.map_or(self.nodes.len(), |end| self.position(end)),
        );
        let nodes = self.nodes.get(start..end.max(start)).unwrap_or_default();
        self.derive(nodes.iter().copied())
    }

    fn position(&self, index: i64) -> usize {
        let length = i64::try_from(self.nodes.len()).unwrap_or(i64::MAX);
        let index = if index < 0 { index + length } else { index };
        usize::try_from(index.clamp(0, length)).unwrap_or(0)
    }

    /// The node at `index`; negative ones count from the end.
    pub(super) fn at(&self, index: i64) -> Option<NodeId> {
        let index = if index < 0 {
            index + i64::try_from(self.nodes.len()).ok()?
        } else {
            index
        };
        usize::try_from(index)
            .ok()
            .and_then(|index| self.nodes.get(index))
            .copied()
    }

    pub(super) fn text(&self) -> String {
        self.nodes
            .iter()
            .map(|node| self.page.text(*node))
            .collect()
    }

    /// Where the first node stands: among its siblings, among what a selector selects, or where one of `test` stands here.
    pub(super) fn index(&self, test: &Test) -> Option<usize> {
        let first = self.first()?;
        match test {
            Test::Any => Some(self.page.preceding(first).count()),
            Test::Selector(selector) => self
                .page
                .find(self.page.root(), selector)
                .iter()
                .position(|node| *node == first),
            Test::Nodes(nodes) => {
                let wanted = nodes.first()?;
                self.nodes.iter().position(|node| node == wanted)
            }
        }
    }
}
