//! `loadd schema`: the JSON Schema of the TOML file.

use crate::{
    config,
    terminal::{exit::Exit, screen},
};

/// Prints it.
pub(super) fn run() -> Exit {
    screen::print(&format!("{:#}\n", config::schema()));
    Exit::Ok
}
