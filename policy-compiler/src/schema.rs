//! `fyr schema`: the JSON Schemas of every document, for editors and other programs.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use fyr_policy_core::schema::schemas;

/// Write the JSON Schemas of every document
///
/// An editor that reads the schema named on a file's first line completes the policy's
/// fields and settings and says what they mean.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 written, 1 a file cannot be written, 2 wrong usage.

Example:
  fyr schema --out schemas/json"
)]
pub(crate) struct SchemaArgs {
    /// The directory to write to; made if it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Why a schema could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    /// A schema could not be put into JSON.
    #[error("write the schema `{0}` as JSON")]
    Json(&'static str, #[source] serde_json::Error),
    /// The result could not be printed.
    #[error("print the result")]
    Print(#[source] io::Error),
    /// A file could not be written.
    #[error("write `{}`", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

/// Runs `fyr schema`.
pub(crate) fn run(args: &SchemaArgs) -> Result<ExitCode, SchemaError> {
    fs::create_dir_all(&args.out).map_err(|e| SchemaError::Write(args.out.clone(), e))?;
    let schemas = schemas();
    let count = schemas.len();
    for (name, schema) in schemas {
        let path = args.out.join(format!("{name}.json"));
        let mut json =
            serde_json::to_string_pretty(&schema).map_err(|e| SchemaError::Json(name, e))?;
        json.push('\n');
        fs::write(&path, json).map_err(|e| SchemaError::Write(path, e))?;
    }
    writeln!(
        io::stdout(),
        "wrote {count} schemas to {}",
        args.out.display()
    )
    .map_err(SchemaError::Print)?;
    Ok(ExitCode::SUCCESS)
}
