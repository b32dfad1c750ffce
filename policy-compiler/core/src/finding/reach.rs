//! Findings about what must stay reachable, about bypasses, and about personal devices.

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::Engine;
use fyr_schemas::{CategoryId, ControlId, GroupId, RuleId, UnitPath};
use serde::Serialize;

use super::Meant;
use crate::code::Code;

/// A finding about what devices reach, or about what their browsers support.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Reach {
    /// A rule blocks sites that must stay reachable.
    EssentialBlocked {
        /// Why they must.
        need: Need,
        /// What is blocked.
        blocked: Blocked,
    },
    /// An allowed site that must stay reachable has no room in a browser's list.
    ListFull {
        /// Why it must.
        need: Need,
        /// The helpline or the sign-in, by its name.
        name: Option<String>,
        /// The site.
        site: String,
        /// The rule that allows it.
        rule: RuleId,
    },
    /// A rule blocks hosts that a platform of the organisation needs.
    PlatformBlocked {
        /// What the platform is used for.
        #[serde(rename = "use")]
        purpose: PlatformUse,
        /// What is blocked.
        blocked: Blocked,
        /// The hosts that are needed.
        hosts: Vec<String>,
    },
    /// A platform whose hosts are not known.
    UnknownPlatform {
        /// What it is used for.
        #[serde(rename = "use")]
        purpose: PlatformUse,
        /// Its name.
        name: String,
        /// What was probably meant.
        meant: Meant,
    },
    /// Restrictions have bypasses that no rule decides.
    BypassOpen {
        /// The settings that close them.
        settings: Vec<String>,
    },
    /// Settings of the account are enforced nowhere on personal devices.
    AccountUnreached {
        /// The rule.
        rule: RuleId,
        /// The settings.
        settings: Vec<String>,
    },
    /// Rules are for the devices of a group of personal devices.
    PersonalDevice {
        /// The group.
        group: GroupId,
        /// The unit of the first rule.
        unit: UnitPath,
    },
    /// Two controls need different values of one browser policy.
    Clash {
        /// The policy, or the URL filter.
        policy: String,
        /// One control.
        dropped: ControlId,
        /// The other one.
        kept: ControlId,
        /// The one to keep, where one of them is a policy of the browser under its own name.
        keep: Option<ControlId>,
    },
    /// Settings need policies that the oldest browser in use does not support.
    TooNew {
        /// The browser.
        engine: Engine,
        /// The oldest version in use.
        oldest: BrowserVersion,
    },
}

/// Why sites must stay reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// They belong to a helpline.
    Helpline,
    /// The organisation lists them as always reachable.
    Recovery,
    /// People sign in through them.
    SignIn,
}

impl Need {
    fn code(self) -> Code {
        match self {
            Self::Helpline => Code::HelplineBlocked,
            Self::Recovery => Code::RecoveryBlocked,
            Self::SignIn => Code::SignInBlocked,
        }
    }
}

/// What a platform is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlatformUse {
    /// People sign in through it.
    SignIn,
    /// Teaching happens on it.
    Classroom,
}

/// What a rule blocks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Blocked {
    /// The rule.
    pub rule: RuleId,
    /// The filter that is blocked.
    pub filter: String,
    /// The category that lists it; `None` where the rule names it.
    pub category: Option<CategoryId>,
}

impl Reach {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::UnknownPlatform { .. } => Code::UnknownPlatform,
            Self::BypassOpen { .. } => Code::EscapeOpen,
            Self::AccountUnreached { .. } => Code::AccountUnreached,
            Self::PersonalDevice { .. } => Code::PersonalDevice,
            Self::Clash { .. } => Code::Clash,
            Self::TooNew { .. } => Code::TooNewForBrowser,
            Self::EssentialBlocked { need, .. } | Self::ListFull { need, .. } => need.code(),
            Self::PlatformBlocked { purpose, .. } => match purpose {
                PlatformUse::SignIn => Code::SignInBlocked,
                PlatformUse::Classroom => Code::ClassroomBlocked,
            },
        }
    }
}
