//! Findings about services of the catalogue.

use fyr_policy_source::ServiceStatus;
use fyr_schemas::{CaseNumber, RuleId, ServiceId, UnitPath};
use serde::Serialize;

use crate::code::Code;

/// A finding about a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Service {
    /// It is approved, and its entry lacks fields.
    Incomplete {
        /// The service.
        service: ServiceId,
        /// Those fields.
        missing: Vec<String>,
    },
    /// It is approved, and the day of its review is over.
    ReviewOverdue {
        /// The service.
        service: ServiceId,
    },
    /// A helpline has a minimum age or needs an approval.
    HelplineLimited {
        /// The service.
        service: ServiceId,
    },
    /// Two statuses are for the same group, and neither is narrower.
    StatusTwice {
        /// The service.
        service: ServiceId,
        /// One of them.
        status: ServiceStatus,
        /// The other one.
        other: ServiceStatus,
    },
    /// It is approved by a decision that is not in force.
    ApprovalNotInForce {
        /// The service.
        service: ServiceId,
        /// The decision.
        case: CaseNumber,
    },
    /// A status bypasses a rule above, and no body decided it that may.
    StatusBypasses {
        /// The service.
        service: ServiceId,
        /// The status.
        status: ServiceStatus,
        /// For whom the status is written.
        extent: StatusExtent,
        /// The rule above.
        floor: RuleId,
        /// The unit of that rule.
        unit: UnitPath,
    },
    /// It joins what a rule allows, and bypasses a rule above for a site.
    JoinBypasses {
        /// The service.
        service: ServiceId,
        /// The rule that it joins.
        rule: RuleId,
        /// The site.
        site: String,
        /// The rule above.
        floor: RuleId,
        /// The unit of that rule.
        unit: UnitPath,
    },
    /// Pupils below its minimum age can appear there with the school account.
    IdentityBelowAge {
        /// Its name.
        name: String,
        /// The minimum age.
        age: u8,
        /// The setting that prevents it.
        setting: String,
    },
    /// What the catalogue says of its age or approval is not enforced.
    LimitIneffective {
        /// The service.
        service: ServiceId,
        /// Its name.
        name: String,
        /// The part of it that is open; `None` for all of it.
        part: Option<String>,
        /// What is not enforced.
        limit: Limit,
    },
    /// A rule allows it by its name, and it is denied or expired.
    DeniedAllowed {
        /// The service.
        service: ServiceId,
        /// The rule.
        rule: RuleId,
    },
}

/// For whom a status is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusExtent {
    /// For a part of the organisation.
    Part,
    /// For the whole organisation.
    Whole,
}

/// What the catalogue says and what is not enforced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Limit {
    /// The minimum age.
    Age {
        /// The age, where one is written.
        age: Option<u8>,
    },
    /// The approval of a guardian.
    Approval {
        /// The age from which none is needed.
        age_of_consent: u8,
    },
    /// Only signed out, below the minimum age: no setting prevents the school account there.
    SignedOut {
        /// The age, where one is written.
        age: Option<u8>,
    },
    /// Only restricted, below the minimum age.
    Restricted {
        /// The age, where one is written.
        age: Option<u8>,
        /// The setting that restricts it; `None` where there is none.
        setting: Option<String>,
    },
}

impl Service {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Incomplete { .. } => Code::ServiceIncomplete,
            Self::ReviewOverdue { .. } => Code::ServiceOverdue,
            Self::HelplineLimited { .. } => Code::HelplineLimited,
            Self::StatusTwice { .. } => Code::StatusTwice,
            Self::ApprovalNotInForce { .. } => Code::ApprovalNotInForce,
            Self::StatusBypasses { .. } | Self::JoinBypasses { .. } => Code::NotCompetent,
            Self::IdentityBelowAge { .. } => Code::IdentityBelowAge,
            Self::LimitIneffective { .. } => Code::LimitNotMet,
            Self::DeniedAllowed { .. } => Code::DeniedOpened,
        }
    }
}
