//! The page that people read: what was measured, beside what was aimed at.

mod agent;
mod compiler;
mod disk;
mod publish;

use std::fmt::Write as _;

use crate::{Findings, Section};

/// `docs/performance.md`.
pub fn render(found: &Findings) -> String {
    let mut page = String::from(
        "# Performance\n\n\
         Written by `make bench`, or by `make bench SECTION=agent`, `SECTION=compiler`, `SECTION=publish` and `SECTION=disk`; do not edit. \
         Compare ratios of one run, not figures of two machines.\n",
    );
    if let Some(section) = &found.agent {
        heading(&mut page, "The agent", section);
        agent::render(&mut page, &section.found);
    }
    if let Some(section) = &found.compiler {
        heading(&mut page, "The compiler", section);
        compiler::render(&mut page, &section.found);
    }
    if let Some(section) = &found.publish {
        heading(&mut page, "Publishing", section);
        publish::render(&mut page, &section.found);
    }
    if let Some(section) = &found.disk {
        heading(&mut page, "The server's disk", section);
        disk::render(&mut page, &section.found);
    }
    page
}

fn heading<T>(page: &mut String, title: &str, section: &Section<T>) {
    let _ = writeln!(
        page,
        "\n## {title}\n\n- Machine: {}\n- Source: {}\n",
        section.machine, section.revision
    );
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

/// The first row of a table, and the line below it.
fn head(page: &mut String, cells: &[&str]) {
    row(page, cells);
    let _ = writeln!(page, "|{}", "---|".repeat(cells.len()));
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}
