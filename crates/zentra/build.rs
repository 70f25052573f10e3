//! How the binary is linked: what is left of its debug information is compressed in a release.
//!
//! The rest is in a file beside it (`split-debuginfo` in the root Cargo.toml).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if cfg!(all(target_os = "linux", not(debug_assertions))) {
        println!("cargo::rustc-link-arg-bins=-Wl,--compress-debug-sections=zlib");
    }
}
