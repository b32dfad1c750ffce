//! Rebuilds the server when a migration is added, which `sqlx::migrate!` cannot notice itself.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
