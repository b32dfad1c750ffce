//! What happens to a URL, and a filter with the verdict over what it matches.

use super::UrlFilter;

/// A verdict over the URLs that a filter matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRule {
    /// Open or closed.
    pub verdict: Verdict,
    /// Which URLs.
    pub filter: UrlFilter,
}

/// What happens to a URL, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It opens.
    Allow,
    /// It opens once its guidance was read.
    Warn,
    /// It does not open.
    Block,
}

impl Verdict {
    /// Every verdict, the weakest first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Block];

    /// The word of the source.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }

    /// Whether the site can be reached.
    pub fn is_open(self) -> bool {
        match self {
            Self::Allow | Self::Warn => true,
            Self::Block => false,
        }
    }
}
