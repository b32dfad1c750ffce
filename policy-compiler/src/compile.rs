//! `fyr compile`: writes the bundles that a group's devices obey, and every gap in them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fyr_policy_core::phrase::counted;
use fyr_policy_core::{Compilation, GapNote, Sources};
use fyr_schemas::GroupId;
use fyr_schemas::bundle::{self, Bundle};
use fyr_trust::{Identity, Wanted as _};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::policy_directory::{PolicyArgs, ReadPolicyError};
use crate::render::Look;

/// Write the bundles that devices obey
///
/// Writes `bundles/GROUP.json` for every group, `lists/CATEGORY.txt` for every list that bundles
/// share, and `gaps.json` with everything that a browser cannot enforce, and sums the gaps up. An error anywhere leaves the directory as it was.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 written, with warnings and gaps or without, 1 an error, and nothing was written,
2 wrong usage.

Example:
  fyr compile examples/ballerup --out compiled"
)]
pub(crate) struct CompileArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// The directory to write; a compiled policy in it is replaced as a whole
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompileError {
    /// The policy could not be read.
    #[error(transparent)]
    Policy(#[from] ReadPolicyError),
    /// The findings or gaps could not be printed.
    #[error("print the result")]
    Print(#[source] io::Error),
    /// The directory holds something else.
    #[error("`{}` holds other files; choose a new directory, or one that `fyr compile` wrote", .0.display())]
    Occupied(PathBuf),
    /// A bundle could not be put into JSON.
    #[error("write the bundles as JSON")]
    Json(#[from] serde_json::Error),
    /// Devices would refuse a bundle.
    #[error(
        "the bundle of `{group}` has {length} bytes, devices take {most} at most; write fewer addresses with paths into its rules, or list whole hosts in a category; a category is stored apart"
    )]
    TooLarge {
        /// Whose.
        group: GroupId,
        /// Its length.
        length: u64,
        /// The most that devices take.
        most: u64,
    },
    /// The files could not be written.
    #[error("write the compiled policy to `{}`", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

/// Runs `fyr compile`.
pub(crate) fn run(args: &CompileArgs) -> Result<ExitCode, CompileError> {
    let Some(compilation) = compile(&args.policy)? else {
        return Ok(ExitCode::FAILURE);
    };
    write(&compilation, &args.out)?;
    writeln!(
        io::stdout(),
        "compiled {} for {} into {}\n{}",
        counted(compilation.bundles.len(), "group", "groups"),
        args.policy.day(),
        args.out.display(),
        summary(&compilation.gaps)
    )
    .map_err(CompileError::Print)?;
    // The process ends here: no need to free the memory.
    mem::forget(compilation);
    Ok(ExitCode::SUCCESS)
}

/// Compiles a policy and prints the findings to standard error; `None` when it has errors.
fn compile(policy: &PolicyArgs) -> Result<Option<Compilation>, CompileError> {
    let (sources, compilation) = policy.compile()?;
    unless_failed(policy, &sources, compilation)
}

/// The same, and hands every bundle to `take` as it comes; the compilation holds none.
pub(crate) fn compile_each(
    policy: &PolicyArgs,
    take: impl FnMut(Bundle),
) -> Result<Option<Compilation>, CompileError> {
    let (sources, compilation) = policy.compile_each(take)?;
    unless_failed(policy, &sources, compilation)
}

fn unless_failed(
    policy: &PolicyArgs,
    sources: &Sources,
    compilation: Compilation,
) -> Result<Option<Compilation>, CompileError> {
    let findings = policy.findings(sources, &compilation.diagnostics);
    let printed = findings.as_text(Look::of_stderr(), &mut io::stderr());
    printed.map_err(CompileError::Print)?;
    if compilation.failed() {
        eprintln!("{}; nothing was written", findings.tally());
        return Ok(None);
    }
    Ok(Some(compilation))
}

/// A bundle as it is written, unless devices would refuse it. It is signed without the line breaks
/// that it is written with here.
fn written(group: &GroupId, bundle: &Bundle) -> Result<Vec<u8>, CompileError> {
    let json = to_json(bundle)?;
    if json.len() as u64 > Identity::MAX_LENGTH {
        let length = serde_json::to_vec(bundle)?.len() as u64;
        if length > Identity::MAX_LENGTH {
            return Err(CompileError::TooLarge {
                group: group.clone(),
                length,
                most: Identity::MAX_LENGTH,
            });
        }
    }
    Ok(json)
}

/// Writes everything beside `out` first and then puts it in its place.
fn write(compilation: &Compilation, out: &Path) -> Result<(), CompileError> {
    let writing = |e| CompileError::Write(out.to_owned(), e);
    if !is_ours(out).map_err(writing)? {
        return Err(CompileError::Occupied(out.to_owned()));
    }
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(writing)?;
    let staged = tempfile::Builder::new()
        .prefix(".fyr-compile-")
        .tempdir_in(parent)
        .map_err(writing)?;
    let fresh = staged.path().join("new");
    fs::create_dir_all(fresh.join("bundles")).map_err(writing)?;
    let bundles = compilation.bundles.par_iter();
    bundles.try_for_each(|(group, bundle)| {
        let path = fresh.join(bundle::target_name(group));
        fs::write(path, written(group, bundle)?).map_err(writing)
    })?;
    if !compilation.lists.is_empty() {
        fs::create_dir_all(fresh.join("lists")).map_err(writing)?;
    }
    for (category, text) in &compilation.lists {
        fs::write(fresh.join(bundle::list_target_name(category)), text).map_err(writing)?;
    }
    fs::write(fresh.join("gaps.json"), to_json(&compilation.gaps)?).map_err(writing)?;
    if out.exists() {
        fs::rename(out, staged.path().join("old")).map_err(writing)?;
    }
    fs::rename(&fresh, out).map_err(writing)
}

/// Whether a directory is missing, empty, or was written by this command.
fn is_ours(out: &Path) -> io::Result<bool> {
    match fs::read_dir(out) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(e),
        Ok(entries) => {
            let names = entries
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<BTreeSet<_>>>()?;
            Ok(names
                .iter()
                .all(|name| name == "bundles" || name == "lists" || name == "gaps.json"))
        }
    }
}

fn to_json(document: &impl serde::Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(document)?;
    json.push(b'\n');
    Ok(json)
}

/// The gaps as people read them: one line each, with the number of groups.
fn summary(gaps: &[GapNote]) -> String {
    if gaps.is_empty() {
        return "no gaps: every browser enforces every control".to_owned();
    }
    let widest = gaps.iter().map(|gap| gap.control.as_str().len()).max();
    let widest = widest.unwrap_or(0);
    let lines = gaps.iter().map(|note| {
        let groups = counted(note.groups.len(), "group", "groups");
        let control = note.control.as_str();
        let engine = note.engine.to_string();
        let detail = &note.gap.detail;
        format!("\n  {control:widest$}  {engine:8}  {detail} ({groups})")
    });
    let all = gaps
        .iter()
        .any(|note| note.control.is_over_sites())
        .then(|| {
            "\n`fyr sites DIR --group GROUP` says of every site where it is enforced".to_owned()
        });
    std::iter::once("gaps, reported and never silent:".to_owned())
        .chain(lines)
        .chain(all)
        .collect()
}
