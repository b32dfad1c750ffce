//! Why something is not enforced, as data. [`crate::wording`] words it for a language.

use std::collections::BTreeSet;

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::Engine;
use fyr_schemas::{CategoryId, ControlId};
use serde::{Serialize, Serializer};

use crate::url_filter::UrlFilter;

/// The entries that every browser reads of one list; Firefox drops the rest without a word.
/// Chromium 156 reads 1,500, older ones and Edge 1,000.
pub(crate) const LONGEST_LIST: usize = 1000;

/// Why a control is not enforced, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// What the table of settings says of a value.
    Setting(&'static str),
    /// Another control sets the same policy to another value.
    Overridden {
        /// The control that overrides it.
        by: ControlId,
        /// The policy, or the URL filter.
        subject: String,
    },
    /// The browser does not give verdicts over some sites.
    Lost {
        /// The first of them.
        first: Loss,
        /// How many others there are.
        more: usize,
    },
    /// The oldest browser in use does not know a policy.
    NotKnown(NotKnown),
    /// The browser's list has no room for categories, so the device closes their names.
    ByNames(BTreeSet<CategoryId>),
    /// The device closes a name, and the address lies below it.
    BelowName {
        /// The name.
        domain: String,
    },
    /// No target reaches the accounts of personal devices.
    Unreached,
}

/// A policy that the oldest browser in use does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct NotKnown {
    /// The policy, or a member of its table.
    pub policy: String,
    /// The versions that know it.
    pub needs: String,
    /// The browser.
    pub engine: Engine,
    /// Its oldest version in use.
    pub oldest: BrowserVersion,
}

/// A verdict that an engine does not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The sites, in the words of the source.
    pub what: String,
    /// Why.
    pub reason: LossReason,
}

/// Why an engine does not give a verdict over a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum LossReason {
    /// The browser's list is full.
    ListFull,
    /// The browser does not support a port.
    Port,
    /// The browser does not support a query condition.
    Query,
    /// The browser writes a `|` in addresses otherwise.
    Bar,
    /// The browser reads the escapes of addresses and merges their slashes before it compares.
    Escaped,
    /// The browser filters no such scheme.
    Scheme,
    /// The browser filters no such address.
    Address,
    /// Keeping it open would open another filter, which is closed.
    WouldOpen {
        /// That filter.
        #[serde(serialize_with = "as_text")]
        closed: UrlFilter,
    },
    /// The browser opens it without the guidance.
    NoWarning,
    /// No hosts file holds such a name.
    NoHostName,
    /// They are more prefixes and addresses than any browser's list holds.
    TooManyParts {
        /// How many.
        count: usize,
    },
    /// The oldest browser in use does not know the list.
    Unread(NotKnown),
}

fn as_text<S: Serializer>(filter: &UrlFilter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(filter)
}
