//! The loadd binary: commands, config, wiring, terminal. Everything else is in the rooms below.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod command;
mod config;
mod daemon;
mod terminal;
mod wire;

fn main() -> std::process::ExitCode {
    loadd_engine::forbid_huge_pages();
    command::main().into()
}
