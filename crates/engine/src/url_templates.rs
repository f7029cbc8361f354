//! `metrics.url_templates`: a URL that fits a template is told under the template's name, so that `/users/1`, `/users/2`, ...
//! are one series. Knows no metrics; asked once for each distinct URL, whose answer the request cache keeps.

use std::sync::Arc;

/// Patterns of URLs. `{name}` stands for one or more characters of one segment of a path or one value of a query.
#[derive(Debug, Clone, Default)]
pub struct UrlTemplates(Arc<[Template]>);

/// Why a template is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlTemplateError {
    /// Neither a path nor a whole URL.
    #[error("begins neither with `/` nor with `http://`, `https://`")]
    NoPath,
    /// Braces that do not match, or with something other than a name within.
    #[error("has braces that are not `{{name}}`")]
    Braces,
    /// Nobody could say where the one ends and the other begins.
    #[error("has two placeholders beside each other")]
    Beside,
}

#[derive(Debug)]
struct Template {
    text: String,
    segments: Vec<Segment>,
    /// A path alone fits on every host.
    whole: bool,
    query: bool,
}

/// What stands between two of `/`, `?` and `&`.
#[derive(Debug)]
struct Segment {
    /// What begins it; `None` at the beginning of a URL.
    mark: Option<char>,
    /// Text between placeholders: one more than there are placeholders.
    literals: Vec<String>,
}

const MARKS: [char; 3] = ['/', '?', '&'];

impl UrlTemplates {
    /// Templates in the order in which they are tried.
    ///
    /// # Errors
    /// The position of each one that is none, and why.
    pub fn new(texts: &[String]) -> Result<UrlTemplates, Vec<(usize, UrlTemplateError)>> {
        let parsed = texts.iter().map(|text| Template::parse(text));
        let (mut templates, mut errors) = (Vec::new(), Vec::new());
        for (index, template) in parsed.enumerate() {
            match template {
                Ok(template) => templates.push(template),
                Err(error) => errors.push((index, error)),
            }
        }
        if errors.is_empty() {
            Ok(UrlTemplates(templates.into()))
        } else {
            Err(errors)
        }
    }

    /// What a URL is told as: the first template that it fits, or itself.
    pub(crate) fn name<'t>(&'t self, url: &'t str) -> &'t str {
        let found = self.0.iter().find(|template| template.fits(url));
        found.map_or(url, |template| &template.text)
    }
}

impl Template {
    fn parse(text: &str) -> Result<Template, UrlTemplateError> {
        let whole = text.starts_with("http://") || text.starts_with("https://");
        if !whole && !text.starts_with('/') {
            return Err(UrlTemplateError::NoPath);
        }
        let segments = split(text).map(Segment::parse).collect::<Result<_, _>>()?;
        Ok(Template {
            text: text.to_owned(),
            segments,
            whole,
            query: text.contains('?'),
        })
    }

    fn fits(&self, url: &str) -> bool {
        let url = url.split('#').next().unwrap_or(url);
        let url = if self.query {
            url
        } else {
            url.split('?').next().unwrap_or(url)
        };
        let url = if self.whole { url } else { path_of(url) };
        let mut segments = self.segments.iter();
        split(url).all(|(mark, text)| {
            segments
                .next()
                .is_some_and(|segment| segment.mark == mark && segment.fits(text))
        }) && segments.next().is_none()
    }
}

impl Segment {
    fn parse((mark, text): (Option<char>, &str)) -> Result<Segment, UrlTemplateError> {
        let mut literals = Vec::new();
        let mut rest = text;
        while let Some((literal, behind)) = rest.split_once('{') {
            let (name, next) = behind.split_once('}').ok_or(UrlTemplateError::Braces)?;
            let letter = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
            if name.is_empty() || !name.chars().all(letter) || literal.contains('}') {
                return Err(UrlTemplateError::Braces);
            }
            if literal.is_empty() && !literals.is_empty() {
                return Err(UrlTemplateError::Beside);
            }
            literals.push(literal.to_owned());
            rest = next;
        }
        if rest.contains('}') {
            return Err(UrlTemplateError::Braces);
        }
        literals.push(rest.to_owned());
        Ok(Segment { mark, literals })
    }

    /// Each placeholder takes as little as it can, and at least one character; the last literal stands at the end.
    fn fits(&self, text: &str) -> bool {
        let [first, others @ ..] = &*self.literals else {
            return false;
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some((last, middle)) = others.split_last() else {
            return rest.is_empty();
        };
        for literal in middle {
            let Some(behind) = behind_one(rest).and_then(|rest| rest.split_once(literal.as_str()))
            else {
                return false;
            };
            rest = behind.1;
        }
        behind_one(rest).is_some_and(|rest| rest.ends_with(last.as_str()))
    }
}

/// What follows the first character, which there must be.
fn behind_one(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    text.get(first.len_utf8()..)
}

/// Segments, each with the mark before it.
fn split(url: &str) -> impl Iterator<Item = (Option<char>, &str)> {
    let mut rest = Some((None, url));
    std::iter::from_fn(move || {
        let (mark, text) = rest?;
        let end = text.find(MARKS);
        rest = end.map(|end| (text[end..].chars().next(), &text[end + 1..]));
        Some((mark, end.map_or(text, |end| &text[..end])))
    })
}

/// From the first `/` behind the host.
fn path_of(url: &str) -> &str {
    let from = url.find("://").map_or(0, |scheme| scheme + 3);
    match url[from..].find(['/', '?']) {
        Some(path) => &url[from + path..],
        None => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(texts: &[&str]) -> Result<UrlTemplates, Vec<(usize, UrlTemplateError)>> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        UrlTemplates::new(&texts)
    }

    #[test]
    fn a_url_is_told_as_the_first_template_that_it_fits() {
        let rows = [
            ("/users/{id}", "http://a:1/users/7", true),
            ("/users/{id}", "http://a/users/7?page=2#top", true),
            ("/users/{id}", "http://a/users/7/orders", false),
            ("/users/{id}", "http://a/users/", false),
            ("/users/{id}", "http://a/v1/users/7", false),
            (
                "/users/{id}/orders/{order}",
                "http://a/users/7/orders/8",
                true,
            ),
            ("/a/{x}-{y}.html", "http://a/a/1-2-3.html", true),
            ("/a/{x}-{y}.html", "http://a/a/1-.html", false),
            ("/a/{x}", "http://a/a/äö", true),
            ("/", "http://a", true),
            ("/s?q={q}&page=1", "http://a/s?q=x%20y&page=1", true),
            ("/s?q={q}&page=1", "http://a/s?q=x&page=2", false),
            ("/s?q={q}&page=1", "http://a/s", false),
            ("http://a:1/users/{id}", "http://a:1/users/7", true),
            ("http://a:1/users/{id}", "http://b:1/users/7", false),
            ("http://{host}/users/{id}", "http://b:1/users/7", true),
            ("/users/{id}", "not a URL", false),
        ];
        for (template, url, fits) in rows {
            let expected = if fits { template } else { url };
            assert_eq!(
                templates(&[template]).unwrap().name(url),
                expected,
                "{template}"
            );
        }
        let both = templates(&["/users/me", "/users/{id}"]).unwrap();
        assert_eq!(both.name("http://a/users/me"), "/users/me");
        assert_eq!(both.name("http://a/users/7"), "/users/{id}");
        assert_eq!(UrlTemplates::default().name("http://a/b"), "http://a/b");
    }

    #[test]
    fn what_is_no_template_is_refused_with_its_position() {
        for (text, error) in [
            ("users/{id}", UrlTemplateError::NoPath),
            ("", UrlTemplateError::NoPath),
            ("/users/{id", UrlTemplateError::Braces),
            ("/users/id}", UrlTemplateError::Braces),
            ("/users/{}", UrlTemplateError::Braces),
            ("/users/{a b}", UrlTemplateError::Braces),
            ("/users/{a}{b}", UrlTemplateError::Beside),
        ] {
            let found = templates(&["/fine/{id}", text]).unwrap_err();
            assert_eq!(found, [(1, error)], "{text}");
        }
    }
}
