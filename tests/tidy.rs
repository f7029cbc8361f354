//! Habits that a compiler does not check: length of lines and files, where the clock may be read, where `unsafe` may
//! stand, who may print, and that every metric is documented.

use std::{
    fs,
    path::{Path, PathBuf},
};

use loadd_tests::paths;

const LONGEST_LINE: usize = 160;
/// A file longer than this holds two things; look for the seam.
const LONGEST_FILE: usize = 500;
/// (text, folders or files where it may stand, why)
const BANNED: [(&str, &[&str], &str); 6] = [
    (
        "Instant::now(",
        &[
            "crates/timeline/src/clock",
            "crates/engine/src/pacer",
            "crates/engine/src/driver",
            "crates/engine/src/core",
            "crates/engine/src/health",
            "crates/engine/src/collector",
            // Deadlines of hooks and of a graceful stop are handed to the runtime's own timers.
            "crates/engine/src/lifecycle",
            "crates/engine/src/vu",
            "crates/client/src/",
            "crates/script/src/limits",
            "crates/script/src/vu",
            // A script's own timers, its `performance.now`, and the time limit of its first load.
            "crates/script/src/events",
            "crates/script/src/state",
            "crates/script/src/modules/k6.rs",
            "crates/script/src/bundle/first_load",
            // The rate of a service that is asked for secrets.
            "crates/script/src/secrets/url",
            "crates/outputs/src/remote_write",
            "crates/outputs/src/endpoint",
            "crates/outputs/src/clock",
            "crates/loadd/src/",
            "crates/admin/src/",
            "crates/target/src/",
            "tests/",
        ],
        "what decides takes the time as an argument",
    ),
    (
        "unsafe {",
        &["crates/script/src/sys"],
        "unsafe lives in one folder",
    ),
    (
        "unsafe impl",
        &["crates/script/src/sys"],
        "unsafe lives in one folder",
    ),
    (
        "println!(",
        &[
            "crates/loadd/src/terminal",
            "crates/loadd/build.rs",
            "tests/",
        ],
        "only the terminal prints",
    ),
    ("todo!(", &[], "a promise is not code"),
    ("thread_rng", &[], "randomness comes from the seed"),
];

struct Source {
    /// From the project's root.
    name: String,
    text: String,
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != ".cache" && name != "target" && name != "node_modules" {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let project = paths::project();
    let mut found = Vec::new();
    walk(&project.join("crates"), &mut found);
    walk(&project.join("tests"), &mut found);
    found.sort();
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
        .iter()
        .map(|path| Source {
            name: path
                .strip_prefix(&project)
                .expect("found below it")
                .to_string_lossy()
                .into_owned(),
            text: fs::read_to_string(path).expect("a source is UTF-8"),
        })
        .collect()
}

/// The lines of a file that are code for the product: not its tests at the end, not comments.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..tests]
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn no_line_is_longer_than_a_screen() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            // A long text in a table or a schema stays searchable in one piece.
            if line.chars().count() > LONGEST_LINE && !line.contains('"') {
                wrong.push(format!(
                    "{}:{}: {} characters",
                    source.name,
                    number + 1,
                    line.chars().count()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_holds_two_things() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let is_test = source.name.ends_with("tests.rs") || source.name.contains("/tests/");
        if lines > LONGEST_FILE && !is_test {
            wrong.push(format!("{}: {lines} lines", source.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "longer than {LONGEST_FILE} lines; look for the seam:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_file_says_first_what_it_is_for() {
    // Tests that outgrew their file say it there.
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|source| !source.name.ends_with("/tests.rs") && !source.text.starts_with("//!"))
        .map(|source| source.name)
        .collect();
    assert!(
        wrong.is_empty(),
        "no `//!` at the head of:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn banned_calls_stand_where_they_may() {
    let mut wrong = Vec::new();
    for source in sources() {
        let outside = source.name.contains("/tests/")
            || source.name.ends_with("tests.rs")
            || source.name.contains("/benches/")
            || source.name.contains("/examples/")
            || source.name == "tests/tidy.rs";
        if outside {
            continue;
        }
        for (number, line) in product_lines(&source.text) {
            for (text, places, why) in BANNED {
                let allowed = places.iter().any(|place| source.name.starts_with(place));
                if line.contains(text) && !allowed {
                    wrong.push(format!("{}:{}: `{text}`: {why}", source.name, number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_project_stands_alone() {
    // Pieces, so that this file does not find itself.
    let words = [
        ["/work", "/"].concat(),
        ["/root", "/"].concat(),
        ["127.0.0.1:", "3128"].concat(),
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(word.as_str())) {
                wrong.push(format!("{}:{}: {word}", source.name, number + 1));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "paths of somebody's machine:\n{}",
        wrong.join("\n")
    );
}

/// The names in the table of built-in metrics, as `docs/metrics.md` must have them.
#[test]
fn every_metric_is_documented() {
    let docs = fs::read_to_string(paths::project().join("docs/metrics.md"))
        .expect("docs/metrics.md is the metrics' reference");
    let table = fs::read_to_string(paths::project().join("crates/metrics/src/builtin.rs"))
        .expect("the table");
    let names: Vec<&str> = table
        .lines()
        .filter_map(|line| line.trim().split_once(" = ")?.1.split('"').nth(1))
        .filter(|name| {
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
        })
        .collect();
    assert!(
        names.len() > 40,
        "the table is not read as it should be: {names:?}"
    );
    let missing: Vec<_> = names
        .into_iter()
        .filter(|name| !docs.contains(name))
        .collect();
    assert!(missing.is_empty(), "not in docs/metrics.md: {missing:?}");
}
