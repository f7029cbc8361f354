//! The live page: one document with its own style and script, nothing from elsewhere.

use askama::Template;

#[derive(Template)]
#[template(path = "live.html")]
struct Page<'a> {
    test_id: &'a str,
    instance: &'a str,
    version: &'a str,
    control: bool,
    style: &'static str,
    script: &'static str,
}

/// The page's text. `control`: whether it offers to pause and stop.
pub(crate) fn page(
    test_id: &str,
    instance: &str,
    version: &str,
    control: bool,
) -> Result<String, askama::Error> {
    let (style, script) = (
        include_str!("../assets/live.css"),
        include_str!("../assets/live.js"),
    );
    Page {
        test_id,
        instance,
        version,
        control,
        style,
        script,
    }
    .render()
}
