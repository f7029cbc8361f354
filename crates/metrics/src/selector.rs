//! `metric{tag:value,tag2:value2}`: the part of a metric that a threshold or a submetric means.

use crate::TagSet;

/// A metric and the tags that its samples must have. Tags mean the same whatever their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    metric: String,
    text: Option<String>,
    pairs: Vec<(String, String)>,
}

/// What is wrong with a selector's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// `{` without `}`, or the reverse.
    #[error("a brace is not matched")]
    Unmatched,
    /// Something follows `}`.
    #[error("'}}' is not the last character")]
    Trailing,
    /// `{}`
    #[error("there is nothing between the braces")]
    Empty,
    /// `{a:b,}`
    #[error("a pair between the commas is empty")]
    EmptyPair,
    /// `{status}`, `{status:}`
    #[error("a tag has no value: write tag:value")]
    NoValue,
    /// `{:x}`
    #[error("a value has no tag: write tag:value")]
    NoName,
}

impl Selector {
    /// From k6's text.
    ///
    /// # Errors
    /// The text's first fault. Whether the metric exists is not asked here.
    pub fn parse(key: &str) -> Result<Selector, SelectorError> {
        let Some(open) = key.find('{') else {
            let whole = Selector {
                metric: key.to_owned(),
                text: None,
                pairs: Vec::new(),
            };
            return if key.contains('}') {
                Err(SelectorError::Unmatched)
            } else {
                Ok(whole)
            };
        };
        let (metric, rest) = key.split_at(open);
        let close = rest.find('}').ok_or(SelectorError::Unmatched)?;
        if close + 1 != rest.len() {
            return Err(SelectorError::Trailing);
        }
        if metric.contains('}') {
            return Err(SelectorError::Unmatched);
        }
        let text = rest[1..close].trim();
        if text.is_empty() {
            return Err(SelectorError::Empty);
        }
        let pairs = text.split(',').map(pair).collect::<Result<_, _>>()?;
        Ok(Selector {
            metric: metric.to_owned(),
            text: Some(text.to_owned()),
            pairs,
        })
    }

    /// The metric's name.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// What stands between the braces, as it was written; `None` for the whole metric.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The tags with their values.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The name under which k6 shows it: `metric` or `metric{text}`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.text {
            Some(text) => format!("{}{{{text}}}", self.metric),
            None => self.metric.clone(),
        }
    }

    /// Whether samples with these tags belong to it.
    #[must_use]
    pub fn matches(&self, tags: &TagSet) -> bool {
        self.pairs
            .iter()
            .all(|(name, value)| tags.get(name) == Some(value))
    }
}

fn pair(text: &str) -> Result<(String, String), SelectorError> {
    if text.trim().is_empty() {
        return Err(SelectorError::EmptyPair);
    }
    let (name, value) = text.split_once(':').ok_or(SelectorError::NoValue)?;
    if value.trim().is_empty() {
        return Err(SelectorError::NoValue);
    }
    let name = unquoted(name);
    if name.is_empty() {
        return Err(SelectorError::NoName);
    }
    Ok((name.to_owned(), unquoted(value).to_owned()))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split_at_commas_and_first_colons_and_lose_spaces_and_quotes() {
        let selector = Selector::parse("http_reqs{ url:http://a:1/x, \"name\" : 'b c' }").unwrap();
        assert_eq!(selector.metric(), "http_reqs");
        assert_eq!(
            selector.name(),
            "http_reqs{url:http://a:1/x, \"name\" : 'b c'}"
        );
        let pairs = [
            ("url".to_owned(), "http://a:1/x".to_owned()),
            ("name".to_owned(), "b c".to_owned()),
        ];
        assert_eq!(selector.pairs(), pairs);
        assert!(selector.matches(&TagSet::new([
            ("name", "b c"),
            ("url", "http://a:1/x"),
            ("z", "")
        ])));
        assert!(!selector.matches(&TagSet::new([("name", "b c")])));
    }

    #[test]
    fn faults_are_told_apart() {
        for (text, fault) in [
            ("a{b:c", SelectorError::Unmatched),
            ("a}", SelectorError::Unmatched),
            ("a{b:c} ", SelectorError::Trailing),
            ("a{b:c}}", SelectorError::Trailing),
            ("a{}", SelectorError::Empty),
            ("a{ }", SelectorError::Empty),
            ("a{b:c,}", SelectorError::EmptyPair),
            ("a{b}", SelectorError::NoValue),
            ("a{b:}", SelectorError::NoValue),
            ("a{:x}", SelectorError::NoName),
        ] {
            assert_eq!(Selector::parse(text), Err(fault), "{text}");
        }
    }
}
