//! The status of a service's assessment, for all groups or for each part of the organisation.

use std::fmt;

use serde::de::value::{SeqAccessDeserializer, StrDeserializer};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{At, Scope};
use fyr_schemas::id::CaseNumber;

/// Where the assessment of a service stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceStatus {
    /// Assessed and approved.
    Approved,
    /// Being assessed.
    UnderReview,
    /// Not assessed yet.
    NotAssessed,
    /// Was approved, and the approval has run out.
    Expired,
    /// Assessed and denied.
    Denied,
}

impl ServiceStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Approved,
        Self::UnderReview,
        Self::NotAssessed,
        Self::Expired,
        Self::Denied,
    ];

    /// The word of the source.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::UnderReview => "under-review",
            Self::NotAssessed => "not-assessed",
            Self::Expired => "expired",
            Self::Denied => "denied",
        }
    }
}

/// A status, and whom it is for.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StatusFor {
    /// A unit's path, or a selection of groups.
    #[serde(rename = "for")]
    pub scope: Scope,
    /// Their status.
    pub status: At<ServiceStatus>,
    /// The case that decided it for them; without one, that of the service.
    pub decision: Option<At<CaseNumber>>,
}

/// Every status of a service: not assessed if nothing is written.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(untagged)]
pub enum Statuses {
    /// Nothing is written.
    #[default]
    Unwritten,
    /// One for all groups.
    AllGroups(At<ServiceStatus>),
    /// One for each part of the organisation.
    Parts(Vec<StatusFor>),
}

/// The two ways to write a status.
enum Written {
    Word(ServiceStatus),
    Parts(Vec<StatusFor>),
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = At::<Written>::deserialize(deserializer)?;
        Ok(match written.value {
            Written::Word(value) => Self::AllGroups(At {
                value,
                span: written.span,
            }),
            Written::Parts(parts) => Self::Parts(parts),
        })
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WrittenVisitor;

        impl<'de> Visitor<'de> for WrittenVisitor {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status such as `approved`, or a list of `{ for: …, status: … }`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
                ServiceStatus::deserialize(StrDeserializer::new(text)).map(Written::Word)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Written, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Written::Parts)
            }
        }

        deserializer.deserialize_any(WrittenVisitor)
    }
}

impl schemars::JsonSchema for Statuses {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Statuses".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "One status for all groups, or one for each part of the organisation; the narrowest applies.",
            "anyOf": [
                generator.subschema_for::<ServiceStatus>(),
                generator.subschema_for::<Vec<StatusFor>>(),
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_word_or_one_for_each_part() {
        let one: Statuses = serde_saphyr::from_str("approved").expect("a status");
        assert!(matches!(one, Statuses::AllGroups(status) if *status == ServiceStatus::Approved));
        let parts = "- { for: /grundskola, status: denied }\n\
                     - { for: { unit: /gymnasium, who: staff }, status: approved, decision: G-1 }\n";
        let parts: Statuses = serde_saphyr::from_str(parts).expect("two statuses");
        assert!(matches!(parts, Statuses::Parts(parts) if parts.len() == 2));
        assert!(serde_saphyr::from_str::<Statuses>("guidance").is_err());
    }
}
