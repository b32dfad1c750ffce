//! The reference of commands: what the `--help` of every command of the three programs prints.
//!
//! It is taken from the programs as they run, so none of them links another to describe it.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use fyr_tests::binaries::Binary;
use fyr_tests::child;

const PAGE: &str = "docs/reference/commands.md";

/// The columns of the page, in every terminal.
const WIDTH: usize = 100;

const HEAD: &str = "\
# Commands

What `--help` prints for each command of `fyr`, `fyr-agent` and `fyr-server`. `fyr completions SHELL` prints
what a shell needs to complete commands, options, codes and settings.

Written by `make generate`.
";

/// With `FYR_BLESS`, it writes the page.
#[test]
fn the_reference_describes_every_command_as_its_help_does() -> Result<()> {
    let mut page = HEAD.to_owned();
    for program in [Binary::Fyr, Binary::Agent, Binary::Server] {
        describe(&mut page, program, &[])?;
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = tests.parent().context("the repository")?.join(PAGE);
    if env::var_os("FYR_BLESS").is_some() {
        fs::write(&path, &page)?;
    }
    let kept = fs::read_to_string(&path)?;
    ensure!(kept == page, "run `make generate`: {PAGE} is stale");
    Ok(())
}

/// A section for a command, and those of the commands below it.
fn describe(page: &mut String, program: Binary, below: &[String]) -> Result<()> {
    let path = program.path()?;
    let width = format!("COLUMNS={WIDTH}");
    let called = [OsStr::new(&width), path.as_os_str()].into_iter();
    let called = called.chain(below.iter().map(OsStr::new));
    let called = called.chain([OsStr::new("--help")]);
    let help = child::run(Path::new("env"), called)?.success()?;
    let marks = "#".repeat(below.len() + 2);
    let name = [&[program.name().to_owned()], below].concat().join(" ");
    write!(
        page,
        "\n{marks} {name}\n\n```text\n{}\n```\n",
        help.trim_end()
    )?;
    for command in commands(&help) {
        describe(page, program, &[below, &[command.to_owned()]].concat())?;
    }
    Ok(())
}

/// The commands that a help lists. The help of a command about help says nothing new.
fn commands(help: &str) -> impl Iterator<Item = &str> {
    let listed = help
        .split_once("\nCommands:\n")
        .map_or("", |(_, after)| after);
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let indented = listed.filter_map(|line| line.strip_prefix("  "));
    let names = indented.filter(|line| !line.starts_with(' '));
    let names = names.filter_map(|line| line.split(' ').next());
    names.filter(|name| *name != "help")
}

#[test]
fn a_help_lists_its_commands_and_not_the_lines_that_follow_them() {
    let help = "Usage: x\n\nCommands:\n  one    Do one thing\n           and more\n  two-b  Do\n  help   \
                Print\n\nOptions:\n  -h  Print help\n";
    assert_eq!(commands(help).collect::<Vec<_>>(), ["one", "two-b"]);
    assert_eq!(commands("Usage: x\n\nOptions:\n  -h\n").count(), 0);
}
