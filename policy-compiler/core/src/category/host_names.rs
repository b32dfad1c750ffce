//! The domains of a category as the names that a device can be kept from resolving.

use fyr_schemas::Digest;
use fyr_schemas::id::HostName;

use crate::digest::sha256;
use crate::lists::DomainSet;

/// The text of a category's list, which the bundles that close it share.
#[derive(Debug)]
pub struct HostNames {
    /// One name a line, sorted by its bytes, each line ended by `\n`.
    pub text: String,
    /// SHA-256 of the text.
    pub digest: Digest,
    /// How many names there are.
    pub count: u32,
    /// Domains that are no names a hosts file can hold.
    pub unfit: Vec<String>,
}

impl HostNames {
    pub(super) fn of(domains: &DomainSet) -> Self {
        let (mut names, unfit): (Vec<&str>, Vec<&str>) = domains
            .iter()
            .partition(|domain| domain.parse::<HostName>().is_ok());
        names.sort_unstable();
        let mut text = String::with_capacity(domains.canonical_text().len());
        for name in &names {
            text.push_str(name);
            text.push('\n');
        }
        Self {
            digest: sha256([text.as_bytes()]),
            text,
            count: u32::try_from(names.len()).unwrap_or(u32::MAX),
            unfit: unfit.into_iter().map(str::to_owned).collect(),
        }
    }
}
