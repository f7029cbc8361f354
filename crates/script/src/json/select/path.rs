//! The grammar of a path, one part at a time.

use super::scan;

/// One step of a path.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    /// A key, an index, or a key with wildcards.
    Key(Pattern),
    /// `#`
    Count,
    /// `#(...)`
    First(Query),
    /// `#(...)#`
    All(Query),
    /// `[a,b]`
    List(Vec<String>),
    /// `{a,b}`: names and paths.
    Record(Vec<(String, String)>),
    /// `@name:argument`
    Modifier(String, String),
}

/// What of a path is still ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest<'p> {
    path: &'p str,
    done: bool,
    /// Whether a `|` stands before it: what follows then takes a list as a whole.
    piped: bool,
}

impl<'p> Rest<'p> {
    pub(super) fn start(path: &'p str) -> Rest<'p> {
        Rest {
            path,
            done: path.is_empty(),
            piped: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.done
    }

    /// Whether a list is taken as a whole from here on.
    pub(super) fn is_piped(&self) -> bool {
        self.piped
    }

    fn nothing() -> Rest<'p> {
        Rest {
            path: "",
            done: true,
            piped: false,
        }
    }

    fn behind(self, at: usize) -> Rest<'p> {
        Rest {
            path: &self.path[at + 1..],
            done: false,
            piped: self.path.as_bytes()[at] == b'|',
        }
    }

    /// For what runs over each element: the path up to the next `|`, and what is behind it.
    pub(super) fn split_at_pipe(self) -> (&'p str, Rest<'p>) {
        if self.done || self.piped {
            return (
                "",
                Rest {
                    piped: false,
                    ..self
                },
            );
        }
        match find_outside(self.path, &['|']) {
            Some(at) => (&self.path[..at], self.behind(at)),
            None => (self.path, Rest::nothing()),
        }
    }

    /// The next part and what is behind it.
    pub(super) fn next_part(self) -> Option<(Part, Rest<'p>)> {
        if self.done {
            return None;
        }
        let (text, rest) = match find_outside(self.path, &['.', '|']) {
            Some(at) => (&self.path[..at], self.behind(at)),
            None => (self.path, Rest::nothing()),
        };
        Some((part_of(text), rest))
    }
}

fn part_of(text: &str) -> Part {
    if text == "#" {
        return Part::Count;
    }
    if let Some(query) = text.strip_prefix("#(") {
        if let Some(query) = query.strip_suffix(")#") {
            return Part::All(Query::of(query));
        }
        if let Some(query) = query.strip_suffix(')') {
            return Part::First(Query::of(query));
        }
    }
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        return Part::List(split_outside(inner, ',').map(str::to_owned).collect());
    }
    if let Some(inner) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
    {
        return Part::Record(split_outside(inner, ',').map(field_of).collect());
    }
    if let Some(modifier) = text.strip_prefix('@') {
        let (name, argument) = modifier.split_once(':').unwrap_or((modifier, ""));
        return Part::Modifier(name.to_owned(), argument.to_owned());
    }
    Part::Key(Pattern::of(text))
}

/// `"name":path`, or a path whose last part is the name.
fn field_of(text: &str) -> (String, String) {
    if text.starts_with('"')
        && let Some(at) = find_outside(text, &[':'])
        && let Some(name) = scan::string(&text[..at])
    {
        return (name.into_owned(), text[at + 1..].to_owned());
    }
    let last = text.rsplit(['.', '|']).next().unwrap_or(text);
    (Pattern::of(last).plain(), text.to_owned())
}

/// The first of `wanted` that is neither escaped nor in brackets or quotes.
fn find_outside(text: &str, wanted: &[char]) -> Option<usize> {
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match character {
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && wanted.contains(&character) => return Some(at),
            _ => {}
        }
    }
    None
}

fn split_outside(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = (!text.is_empty()).then_some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match find_outside(text, &[separator]) {
            Some(at) => {
                rest = Some(&text[at + 1..]);
                Some(&text[..at])
            }
            None => rest.take(),
        }
    })
}

/// A key in which `*` and `?` are wild and `\` takes the meaning off the next character.
#[derive(Debug, PartialEq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Debug, PartialEq, Clone, Copy)]
enum Piece {
    One(char),
    AnyOne,
    AnyMany,
}

impl Pattern {
    pub(super) fn of(text: &str) -> Pattern {
        let mut pieces = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                '\\' => Piece::One(characters.next().unwrap_or('\\')),
                '*' => Piece::AnyMany,
                '?' => Piece::AnyOne,
                _ => Piece::One(character),
            });
        }
        Pattern(pieces)
    }

    fn plain(&self) -> String {
        let letters = self.0.iter().map(|piece| match piece {
            Piece::One(character) => *character,
            Piece::AnyOne => '?',
            Piece::AnyMany => '*',
        });
        letters.collect()
    }

    pub(super) fn as_index(&self) -> Option<usize> {
        self.plain().parse().ok()
    }

    /// The usual two-finger match: linear but for one star to go back to.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut piece, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(piece) {
                Some(Piece::AnyMany) => {
                    star = Some((piece, at));
                    piece += 1;
                }
                Some(Piece::AnyOne) => (piece, at) = (piece + 1, at + 1),
                Some(Piece::One(character)) if *character == text[at] => {
                    (piece, at) = (piece + 1, at + 1);
                }
                Some(Piece::One(_)) | None => match star {
                    Some((back, from)) => {
                        star = Some((back, from + 1));
                        (piece, at) = (back + 1, from + 1);
                    }
                    None => return false,
                },
            }
        }
        self.0[piece..].iter().all(|piece| *piece == Piece::AnyMany)
    }
}

/// The condition in `#(...)`.
#[derive(Debug, PartialEq)]
pub(super) struct Query {
    pub(super) path: String,
    operator: Operator,
    right: String,
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Operator {
    Exists,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    NotLike,
}

/// The longer ones first.
const OPERATORS: &[(&str, Operator)] = &[
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("!%", Operator::NotLike),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("%", Operator::Like),
];

impl Query {
    fn of(text: &str) -> Query {
        let start = find_outside(text, &['=', '!', '<', '>', '%']);
        let found = start.and_then(|at| {
            let (sign, operator) = OPERATORS
                .iter()
                .find(|(sign, _)| text[at..].starts_with(sign))?;
            Some((at, sign.len(), *operator))
        });
        match found {
            Some((at, length, operator)) => Query {
                path: text[..at].trim().to_owned(),
                operator,
                right: text[at + length..].trim().to_owned(),
            },
            None => Query {
                path: text.trim().to_owned(),
                operator: Operator::Exists,
                right: String::new(),
            },
        }
    }

    /// Whether the value `left` (JSON text) fulfils the condition.
    pub(super) fn holds(&self, left: &str) -> bool {
        if self.operator == Operator::Exists {
            return true;
        }
        if let Some(text) = scan::string(left) {
            let right = scan::string(&self.right).unwrap_or_else(|| self.right.as_str().into());
            return match self.operator {
                Operator::Like => Pattern::of(&right).matches(&text),
                Operator::NotLike => !Pattern::of(&right).matches(&text),
                _ => self.compare(text.cmp(&right)),
            };
        }
        match (left.parse::<f64>(), self.right.parse::<f64>()) {
            (Ok(left), Ok(right)) => left
                .partial_cmp(&right)
                .is_some_and(|order| self.compare(order)),
            (Ok(_), Err(_)) => self.operator == Operator::NotEqual,
            (Err(_), _) => match self.operator {
                Operator::Equal => left == self.right,
                Operator::NotEqual => left != self.right,
                _ => false,
            },
        }
    }

    fn compare(&self, order: std::cmp::Ordering) -> bool {
        match self.operator {
            Operator::Exists => true,
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Like | Operator::NotLike => false,
        }
    }
}
