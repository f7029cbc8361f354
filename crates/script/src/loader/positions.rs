//! From positions in compiled text back to the positions that users know: source maps, ours (TypeScript) and theirs (bundlers).

use std::path::Path;

use base64::{Engine, prelude::BASE64_STANDARD};
use oxc_sourcemap::SourceMap;

use super::files;
use crate::exception::place_of;

/// A source map, with the names of its sources as users know them. Lines and columns are 1-based at the door.
#[derive(Debug)]
pub(crate) struct Positions {
    sources: Vec<String>,
    /// In the order of the compiled text; 0-based, as in the map.
    points: Vec<Point>,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    at: (u32, u32),
    source: u32,
    from: (u32, u32),
}

impl Positions {
    /// The map of a text that was made from the file `name` alone.
    pub(crate) fn own(name: &str, map: &SourceMap<'_>) -> Positions {
        Positions::new(map, |_| name.to_owned())
    }

    /// The map that the text of the file `name` carries or names in its last `sourceMappingURL` comment. One that cannot be
    /// read is none: it only makes stack traces nicer.
    pub(crate) fn named_in(name: &str, text: &str) -> Option<Positions> {
        let (_, after) = text.rsplit_once("//# sourceMappingURL=")?;
        let url = after.split_whitespace().next()?;
        let json = match url.strip_prefix("data:") {
            Some(data) => {
                let (head, data) = data.split_once(',')?;
                if !head.starts_with("application/json") || !head.ends_with(";base64") {
                    return None;
                }
                String::from_utf8(BASE64_STANDARD.decode(data).ok()?).ok()?
            }
            None if name.contains("://") || url.contains("://") => return None,
            None => std::fs::read_to_string(files::resolve_data(name, url)).ok()?,
        };
        let map = SourceMap::from_json_string(&json).ok()?;
        let root = map.get_source_root().unwrap_or_default().to_owned();
        Some(Positions::new(&map, |source| shown(name, &root, source)))
    }

    fn new(map: &SourceMap<'_>, shown: impl Fn(&str) -> String) -> Positions {
        let points = map.get_tokens().filter_map(|token| {
            Some(Point {
                at: (token.get_dst_line(), token.get_dst_col()),
                source: token.get_source_id()?,
                from: (token.get_src_line(), token.get_src_col()),
            })
        });
        let mut points: Vec<Point> = points.collect();
        points.sort_by_key(|point| point.at);
        Positions {
            sources: map.get_sources().map(shown).collect(),
            points,
        }
    }

    /// File, line and column of the source; `None` where the map says nothing about that line.
    pub(crate) fn translate(&self, line: u32, column: u32) -> Option<(&str, u32, u32)> {
        let at = (line.saturating_sub(1), column.saturating_sub(1));
        let after = self.points.partition_point(|point| point.at <= at);
        let on_line = |point: &&Point| point.at.0 == at.0;
        let point = after
            .checked_sub(1)
            .and_then(|index| self.points.get(index))
            .filter(on_line)
            .or_else(|| self.points.get(after).filter(on_line))?;
        let source = self.sources.get(usize::try_from(point.source).ok()?)?;
        Some((source, point.from.0 + 1, point.from.1 + 1))
    }
}

/// A source's name: paths are relative to the file with the map, everything else stays as it is.
fn shown(name: &str, root: &str, source: &str) -> String {
    let separator = if root.is_empty() || root.ends_with('/') {
        ""
    } else {
        "/"
    };
    let source = format!("{root}{separator}{source}");
    if source.contains("://") || Path::new(&source).is_absolute() || name.contains("://") {
        source
    } else {
        files::resolve_data(name, &source)
    }
}

/// A stack line with its place as `translate` (file, line, column) has it.
pub(crate) fn translate_line(
    line: &str,
    translate: impl Fn(&str, u32, u32) -> Option<(String, u32, u32)>,
) -> String {
    let translated = place_of(line).and_then(|place| {
        let (file, to_line, to_column) = translate(&place.file, place.line, place.column)?;
        let known = format!("{}:{}:{}", place.file, place.line, place.column);
        Some(line.replace(&known, &format!("{file}:{to_line}:{to_column}")))
    });
    translated.unwrap_or_else(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_names_its_map_and_the_sources_lie_beside_it() {
        let map = r#"{"version":3,"sourceRoot":"","sources":["../src/a.ts","webpack://x/b.ts"],"names":[],"mappings":"AAAA;AACA,KCDA"}"#;
        let text = format!(
            "first\nsecond\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,{}\n",
            BASE64_STANDARD.encode(map)
        );
        let positions = Positions::named_in("dist/main.js", &text).expect("it has a map");
        assert_eq!(positions.translate(1, 9), Some(("src/a.ts", 1, 1)));
        assert_eq!(positions.translate(2, 1), Some(("src/a.ts", 2, 1)));
        assert_eq!(positions.translate(2, 7), Some(("webpack://x/b.ts", 1, 1)));
        assert_eq!(positions.translate(3, 1), None);
        assert!(Positions::named_in("a.js", "//# sourceMappingURL=nowhere.map").is_none());
        assert!(
            Positions::named_in(
                "a.js",
                "//# sourceMappingURL=data:application/json;base64,e30="
            )
            .is_none_or(|map| map.points.is_empty())
        );
    }

    #[test]
    fn stack_lines_get_their_new_place() {
        let line = translate_line("at f (a.js:1:2)", |file, line, column| {
            (file == "a.js").then(|| ("b.ts".to_owned(), line + 10, column + 20))
        });
        assert_eq!(line, "at f (b.ts:11:22)");
        assert_eq!(
            translate_line("at f (native)", |_, _, _| None),
            "at f (native)"
        );
    }
}
