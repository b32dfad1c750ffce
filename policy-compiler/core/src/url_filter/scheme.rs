//! What Chromium makes of a scheme: whether it looks its URLs up, and what a filter may say of them.
//!
//! Measured with Chromium 156; the differential test in `tests/system/oracle.rs` asks again.

/// What a filter that names a scheme may say besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Host, port, path and query.
    Host,
    /// A path.
    Path,
    /// Nothing: the scheme is opened or closed as a whole.
    Whole,
    /// Not even the scheme: its URLs are never looked up.
    Nothing,
}

/// How far filters reach into the URLs of `scheme`.
pub(super) fn reach(scheme: &str) -> Reach {
    match scheme {
        "http" | "https" | "ws" | "wss" | "ftp" | "chrome" | "chrome-extension"
        | "chrome-search" | "chrome-untrusted" | "devtools" | "isolated-app" => Reach::Host,
        "file" => Reach::Path,
        // The first two are documents without a source of their own, the last an empty one.
        "about" | "blob" | "chrome-native" => Reach::Nothing,
        _ => Reach::Whole,
    }
}

/// Whether the browser keeps the pages of a scheme out of the reach of a blocked bare `*`.
pub(super) fn is_spared(scheme: &str) -> bool {
    matches!(scheme, "chrome" | "chrome-extension" | "chrome-search")
}

/// Whether the source of such a page can be viewed; of any other, an empty page is shown.
pub(super) fn has_source(scheme: &str) -> bool {
    matches!(
        scheme,
        "http" | "https" | "chrome" | "file" | "filesystem" | "chrome-extension"
    )
}
