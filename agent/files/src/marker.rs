//! The markers of our lines in the hosts file.

/// The first line of our block.
pub const BEGIN: &[u8] = b"# BEGIN fyr: written by fyr-agent, changes here are undone";
/// The last line of our block.
pub const END: &[u8] = b"# END fyr";
/// Ends every line of ours, so that a line is recognised even when a marker is lost.
pub(crate) const TAG: &[u8] = b" # fyr";

/// Whether a line of a hosts file is ours.
pub(crate) fn is_ours(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line == BEGIN || line == END || line.ends_with(TAG)
}
