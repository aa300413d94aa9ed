//! Run by cargo before it builds: asks the linker for small relocations where they will work.
//!
//! See decision 0304. Not a module of the program.

use std::process::Command;

/// The first GNU C library that starts programs with packed relative relocations.
const SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let is_native = said("HOST") == said("TARGET");
    // What is built for another machine may run with any library.
    if said("CARGO_CFG_TARGET_ENV") == "gnu" && is_native && library() >= Some(SINCE) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of the C library here; `None` where it does not say.
fn library() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
