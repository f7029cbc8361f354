//! The loadd binary: commands, config, wiring, terminal. Everything else is in the rooms below.

mod command;
mod config;
mod daemon;
mod terminal;
mod wire;

fn main() -> std::process::ExitCode {
    take_mimalloc();
    loadd_engine::forbid_huge_pages();
    command::main().into()
}

/// mimalloc takes the place of the C library's `malloc` for the whole process, Rust's standard allocator included; asking it
/// something is what links it. As Rust's *global* allocator it would be slower: that one asks for an alignment with each
/// block, also where any block has it (measured: a thousand instructions of a request).
fn take_mimalloc() {
    std::hint::black_box(mimalloc::MiMalloc.version());
}
