//! Puts the example of each code into the command: what its case in `tests/diagnostics` prints.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const CASES: &str = "tests/diagnostics";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CASES}");
    let cases = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(CASES);
    let mut texts = BTreeSet::new();
    for case in fs::read_dir(cases)? {
        let case = case?.path();
        let name = case.file_name().and_then(|name| name.to_str());
        let text = case.join("expected.txt");
        // The variants of a case have a hyphen in their names.
        if let Some(code) = name.filter(|name| !name.contains('-'))
            && text.is_file()
        {
            let text = text.to_str().ok_or("a path that is not Unicode")?;
            texts.insert((code.to_owned(), text.to_owned()));
        }
    }
    let mut examples = "&[\n".to_owned();
    for (code, text) in &texts {
        writeln!(examples, "    ({code:?}, include_str!({text:?})),")?;
    }
    examples.push(']');
    let out = Path::new(&env::var("OUT_DIR")?).join("examples.rs");
    Ok(fs::write(out, examples)?)
}
