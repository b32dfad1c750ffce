//! The `fyr` command: its subcommands, one file each.

mod check;
mod compile;
mod completions;
mod day;
mod demo;
mod diff;
mod dormant;
mod enrol_token;
mod explain;
mod key;
mod lists;
mod meaning;
mod passphrase;
mod policy_directory;
mod publish;
mod reference;
mod render;
mod review;
mod rotate;
mod schema;
mod signing;
mod sites;
mod suggested;
mod unknown;

use std::io;
use std::os::fd::AsFd;
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A compiler makes and drops millions of small things: with this allocator it is a tenth faster.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Policy for a municipality's school devices: check, compile, explain, sign and publish it
#[derive(Debug, Parser)]
#[command(name = "fyr", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 all is well, 1 something was found or failed, 2 wrong usage, 141 the output was
closed. `--help` of each command says what that means for it.

Examples:
  fyr check examples/ballerup            say what is wrong with a policy
  fyr compile examples/ballerup --out b  write the bundles that devices obey
  fyr explain FYR0401                    say what a finding means
  fyr diff main policy                   say what a change changes, and for whom
  fyr demo                               run the whole loop on this machine"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Compile(compile::CompileArgs),
    Explain(explain::ExplainArgs),
    Lists(lists::ListsArgs),
    Sites(sites::SitesArgs),
    Diff(diff::DiffArgs),
    Review(review::ReviewArgs),
    Key(key::KeyArgs),
    Publish(publish::PublishArgs),
    Rotate(rotate::RotateArgs),
    EnrolToken(enrol_token::EnrolTokenArgs),
    Demo(demo::DemoArgs),
    Schema(schema::SchemaArgs),
    Reference(reference::ReferenceArgs),
    Completions(completions::CompletionsArgs),
}

fn main() -> ExitCode {
    // Clients want a TLS provider even for `http:`; no other was installed before.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) if is_unread(&error) => ExitCode::from(CUT_OFF),
        Err(error) => {
            // What it names may come from a policy that another person wrote.
            eprintln!("fyr: {}", render::visible(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

/// The exit code of a command whose output was closed before its end, as a shell gives it to
/// those that the kernel stops for it.
const CUT_OFF: u8 = 128 + 13;

/// Whether it failed because standard output was closed: `fyr explain … | head -1`.
fn is_unread(error: &anyhow::Error) -> bool {
    let is_cut_off = |cause: &(dyn std::error::Error + 'static)| {
        let written = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let in_json = cause.downcast_ref::<serde_json::Error>();
        let kind = written.or_else(|| in_json.and_then(serde_json::Error::io_error_kind));
        kind == Some(io::ErrorKind::BrokenPipe)
    };
    // A pipe to git or to a server breaks too, and that is to be reported.
    error.chain().any(is_cut_off) && has_no_reader(&io::stdout())
}

fn has_no_reader(stream: &impl AsFd) -> bool {
    let mut polled = [PollFd::new(stream, PollFlags::empty())];
    let at_once = Timespec::default();
    let answer = poll(&mut polled, Some(&at_once));
    let is_closed = |polled: &PollFd<'_>| polled.revents().contains(PollFlags::ERR);
    answer.is_ok() && polled.iter().any(is_closed)
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    Ok(match &cli.command {
        Command::Check(args) => check::run(args)?,
        Command::Compile(args) => compile::run(args)?,
        Command::Explain(args) => explain::run(args)?,
        Command::Lists(args) => lists::run(args)?,
        Command::Sites(args) => sites::run(args)?,
        Command::Diff(args) => diff::run(args)?,
        Command::Review(args) => review::run(args)?,
        Command::Key(args) => key::run(args)?,
        Command::Publish(args) => publish::run(args)?,
        Command::Rotate(args) => rotate::run(args)?,
        Command::EnrolToken(args) => enrol_token::run(args)?,
        Command::Demo(args) => demo::run(args)?,
        Command::Schema(args) => schema::run(args)?,
        Command::Reference(args) => reference::run(args)?,
        Command::Completions(args) => completions::run(args)?,
    })
}
