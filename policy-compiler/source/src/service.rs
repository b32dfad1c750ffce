//! `services/*.yaml`: the catalogue of digital services that rules speak of by name.

mod status;

use serde::{Deserialize, Serialize};

pub use self::status::{ServiceStatus, StatusFor, Statuses};
use super::{At, Day, Dpia};
use fyr_schemas::id::{CaseNumber, CategoryId, CountryCode, ServiceId};

/// One service.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Fyr: a service (services/*.yaml)")]
pub struct Service {
    /// Its short name; a rule writes `service:NAME`.
    pub service: At<ServiceId>,
    /// Its name as people know it.
    pub name: String,
    /// Its kind.
    #[serde(default)]
    pub kind: ServiceKind,
    /// The category it belongs to: a rule over `category:NAME` is over its sites too.
    pub category: Option<At<CategoryId>>,
    /// The status of its assessment: one for all groups, or one for each part of the
    /// organisation, of which the narrowest holds.
    #[serde(default)]
    pub status: Statuses,
    /// Who offers it.
    pub vendor: Option<Vendor>,
    /// What it is used for.
    pub purpose: Option<String>,
    /// The kinds of personal data it handles; none where the list is empty.
    #[serde(default)]
    pub personal_data: Vec<String>,
    /// The legal basis for handling them.
    pub legal_basis: Option<String>,
    /// Where the agreement with its processor is filed.
    pub processor_agreement: Option<String>,
    /// Where personal data go outside the EU, and on what ground: `none`, or in words.
    pub transfer_outside_eu: Option<String>,
    /// The classes of data that may be entered into it: `[open]`.
    #[serde(default)]
    pub data_classes: Vec<String>,
    /// The data protection impact assessment of it.
    pub dpia: Option<Dpia>,
    /// The validation of its security.
    pub security_validation: Option<SecurityValidation>,
    /// The age it is made for, and what holds below it.
    pub minimum_age: Option<MinimumAge>,
    /// Whose approval it needs for a child below the country's age of digital consent.
    pub approval: Option<At<Approval>>,
    /// The case that decided on it, wherever a status cites none of its own.
    pub decision: Option<At<CaseNumber>>,
    /// The day of its next review.
    pub review: Option<At<Day>>,
    /// The URL filters that make up the service.
    pub sites: Vec<At<String>>,
}

/// What a service is to pupils.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceKind {
    /// A service like any other.
    #[default]
    Ordinary,
    /// Helps children directly: no rule may block it, and it needs no approval.
    Helpline,
}

/// Who offers a service.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vendor {
    /// The company.
    pub name: String,
    /// The country it answers to, as two letters.
    pub country: At<CountryCode>,
}

/// A validation of a service's security.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecurityValidation {
    /// Where it is filed.
    pub reference: String,
    /// The day it was made.
    pub date: At<Day>,
}

/// The age that a service is made for.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MinimumAge {
    /// In years.
    #[schemars(range(min = 1, max = 18))]
    pub age: At<u8>,
    /// What a rule that opens the service opens to those who are younger.
    pub below: At<BelowAge>,
}

/// What a rule that opens a service opens to those below its minimum age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BelowAge {
    /// Nothing: it is blocked.
    Block,
    /// The service without an account.
    SignedOut,
    /// The service in its own restricted form.
    Restricted,
}

/// Whose approval a service needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// A guardian's. The policy holds the outcome for a whole group, never who said what.
    Guardian,
}
