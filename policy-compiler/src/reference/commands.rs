//! The page of commands: what each one's `--help` says.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

/// The columns of the page.
const WIDTH: usize = 100;

/// The page, from the definitions that parse the command line.
pub(super) fn page() -> String {
    let mut page = "\
# Commands

What `fyr COMMAND --help` says. `fyr completions SHELL` prints what a shell needs to complete
commands, options, codes and settings.

Written by `make generate`.
"
    .to_owned();
    let mut command = crate::Cli::command().term_width(WIDTH);
    command.build();
    describe(&mut page, &mut command, 2);
    page
}

fn describe(page: &mut String, command: &mut Command, level: usize) {
    let marks = "#".repeat(level);
    let name = command
        .get_bin_name()
        .unwrap_or(command.get_name())
        .to_owned();
    let help = command.render_long_help();
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "\n{marks} {name}\n\n```text\n{}\n```\n",
        help.to_string().trim_end()
    );
    for below in command.get_subcommands_mut() {
        describe(page, below, level + 1);
    }
}
