//! `lists/lists.yaml`: the categories of sites that rules speak of by name, and the files that
//! list them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{At, Day};
use fyr_schemas::id::{CategoryId, Digest, LanguageCode};

/// One category of sites.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: a category (lists/*.yaml)")]
pub struct List {
    /// Its short name; a rule writes `category:NAME`.
    pub category: At<CategoryId>,
    /// Its name as people know it, by language.
    pub title: BTreeMap<At<LanguageCode>, String>,
    /// Where it comes from: who keeps it, or an address.
    pub source: String,
    /// The licence it may be used under.
    pub licence: String,
    /// The day it was taken from its source.
    pub as_of: Option<At<Day>>,
    /// Files below `lists/`, or directories of them: domains, URL prefixes, hosts lines or
    /// adblock rules, one a line. A category of services only has none.
    #[serde(default)]
    pub files: Vec<At<String>>,
    /// SHA-256 over the bytes of the files, in the order of their paths. Where it is given, a
    /// file that was changed is an error.
    pub digest: Option<At<Digest>>,
}
