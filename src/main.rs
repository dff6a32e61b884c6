//! The `mudkeep` program.

fn main() {}
