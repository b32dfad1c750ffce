//! `fyr compile`: writes the bundles that a group's devices obey, and every gap in them.

mod staged;

use std::io::{self, Write as _};
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use fyr_policy_core::phrase::counted;
use fyr_policy_core::{Compilation, GapNote};
use fyr_schemas::GroupId;
use fyr_schemas::bundle::Bundle;

use self::staged::Staged;
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

/// Bundles that wait to be written; more are not compiled before these are.
const WAITING: usize = 16;

/// Runs `fyr compile`.
pub(crate) fn run(args: &CompileArgs) -> Result<ExitCode, CompileError> {
    let staged = Staged::for_directory(&args.out)?;
    let (compilation, groups) = compile_into(&staged, &args.policy)?;
    let Some(compilation) = compilation else {
        return Ok(ExitCode::FAILURE);
    };
    staged.finish(&compilation.lists, &compilation.gaps)?;
    writeln!(
        io::stdout(),
        "compiled {} for {} into {}\n{}",
        counted(groups, "group", "groups"),
        args.policy.day(),
        args.out.display(),
        summary(&compilation.gaps)
    )
    .map_err(CompileError::Print)?;
    Ok(ExitCode::SUCCESS)
}

/// Compiles a policy, writes its bundles meanwhile, and counts them.
fn compile_into(
    staged: &Staged,
    policy: &PolicyArgs,
) -> Result<(Option<Compilation>, usize), CompileError> {
    thread::scope(|scope| {
        let (bundles, waiting) = mpsc::sync_channel::<Bundle>(WAITING);
        let writer = scope.spawn(move || {
            let mut groups = 0_usize;
            for bundle in waiting {
                staged.add(&bundle)?;
                groups = groups.saturating_add(1);
            }
            Ok::<_, CompileError>(groups)
        });
        let compilation = compile_each(policy, |bundle| {
            // The writer ends before the last bundle only with an error, which it returns.
            let _ended = bundles.send(bundle);
        });
        drop(bundles);
        let written = writer.join().unwrap_or_else(|e| panic::resume_unwind(e));
        Ok((compilation?, written?))
    })
}

/// Compiles a policy, prints the findings to standard error, and hands every bundle to `take` as it
/// comes; `None` when the policy has errors. The compilation holds no bundle.
pub(crate) fn compile_each(
    policy: &PolicyArgs,
    take: impl FnMut(Bundle),
) -> Result<Option<Compilation>, CompileError> {
    let (sources, compilation) = policy.compile_each(take)?;
    let findings = policy.findings(&sources, &compilation.diagnostics);
    let printed = findings.as_text(Look::of_stderr(), &mut io::stderr());
    printed.map_err(CompileError::Print)?;
    if compilation.failed() {
        eprintln!("{}; nothing was written", findings.tally());
        return Ok(None);
    }
    Ok(Some(compilation))
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
