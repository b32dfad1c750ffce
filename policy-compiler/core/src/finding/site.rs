//! Findings about sites as they are written.

use serde::Serialize;

use crate::code::Code;
use crate::url_filter::ParseFilterError;

/// A finding about a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Site {
    /// A text that is no site, or that browsers would not read as it is meant.
    Wrong {
        /// The text.
        site: String,
        /// What is wrong.
        fault: SiteFault,
    },
    /// An ending that many sites share.
    Ending {
        /// The site.
        site: String,
        /// The ending.
        name: String,
    },
    /// A single word, which is no name on the internet.
    OneWord {
        /// The site.
        site: String,
        /// The word.
        name: String,
        /// The host as it is written.
        host: String,
    },
}

/// What is wrong with a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum SiteFault {
    /// It is no URL filter.
    Filter {
        /// Why not.
        error: ParseFilterError,
        /// The nearest text that is one.
        meant: Option<String>,
    },
    /// It has typographic quotes or hyphens.
    Typographic {
        /// One of them.
        letter: char,
        /// The site with plain ones.
        meant: Option<String>,
    },
    /// It is more than one site.
    Several {
        /// The sites.
        sites: Vec<String>,
    },
    /// The word before the colon is misspelt.
    MisspeltWord {
        /// What was probably meant.
        meant: String,
    },
    /// It begins with no scheme that browsers know.
    UnknownScheme {
        /// The scheme that was probably meant.
        scheme: String,
        /// What follows.
        rest: String,
    },
    /// The colon behind the scheme is missing.
    NoColon {
        /// The scheme.
        scheme: String,
        /// What follows.
        rest: String,
    },
    /// It is a range of addresses.
    AddressRange {
        /// The length of the prefix.
        length: String,
        /// The first address.
        address: String,
    },
    /// An IPv6 address without brackets.
    NoBrackets {
        /// The address.
        address: String,
    },
    /// It has no host.
    NoHost,
    /// A part of the host begins or ends with a hyphen.
    StrayHyphen {
        /// The host.
        host: String,
        /// The site without it.
        meant: String,
    },
}

impl Site {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Wrong { .. } => Code::WrongSite,
            Self::Ending { .. } | Self::OneWord { .. } => Code::DoubtfulSite,
        }
    }
}
