//! Makes a new migration file rebuild the crate that embeds it; the macro alone sees only those it knew.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
