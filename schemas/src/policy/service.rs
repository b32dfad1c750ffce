//! `services/*.yaml`: the catalogue of digital services that rules speak of by name.

use serde::Deserialize;

use super::At;
use crate::id::{CountryCode, ServiceId};

/// One service.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: a service (services/*.yaml)")]
pub struct Service {
    /// Its short name; a rule writes `service:NAME`.
    pub service: At<ServiceId>,
    /// Its name as people know it.
    pub name: String,
    /// What it is to pupils.
    #[serde(default)]
    pub kind: ServiceKind,
    /// Where its assessment stands.
    pub status: Option<At<ServiceStatus>>,
    /// Who offers it.
    pub vendor: Option<Vendor>,
    /// The URL filters that make up the service.
    pub sites: Vec<At<String>>,
}

/// What a service is to pupils.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceKind {
    /// A service like any other.
    #[default]
    Ordinary,
    /// Helps children directly: no rule may block it.
    Helpline,
}

/// Where the assessment of a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceStatus {
    /// Assessed and approved.
    Approved,
    /// Assessed and denied.
    Denied,
    /// Being assessed.
    UnderReview,
    /// Reachable, with guidance on how to use it.
    Guidance,
    /// Nobody has looked at it yet.
    NotAssessed,
}

/// Who offers a service.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vendor {
    /// The company.
    pub name: String,
    /// The country it answers to, as two letters.
    pub country: At<CountryCode>,
}
