//! Builds the command anew when an example of a finding is added: the golden files are found by
//! `fyr explain CODE`.

fn main() {
    println!("cargo::rerun-if-changed=tests/snapshots");
}
