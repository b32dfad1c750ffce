//! What each place is to hold, to the byte. One module per kind of place.

pub mod chromium;
pub mod firefox;
pub mod hosts;

use serde::Serialize;

/// The document as files carry it: indented, members sorted, a line feed at the end.
///
/// Everything goes through one JSON writer, so no name or value of a bundle can end the
/// string it stands in.
fn pretty(document: &impl Serialize) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "maps with text keys and parsed JSON values always serialise"
    )]
    let mut bytes = serde_json::to_vec_pretty(document).expect("JSON serialises");
    bytes.push(b'\n');
    bytes
}
