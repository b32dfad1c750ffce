//! Words about settings as they are written.

use super::{Said, phrase, value};
use crate::catalogue::Given;
use crate::finding::{Setting, SettingMeant};
use crate::settings::{self, Kind, Power, Refusal};

pub(super) fn words(found: &Setting) -> Said {
    match found {
        Setting::Unknown { name, meant } => Said::new(
            format!("unknown setting `{name}`"),
            match meant {
                SettingMeant::OneOf(names) if names.len() == 1 => {
                    format!("write {}", phrase::quoted(names))
                }
                SettingMeant::OneOf(names) => format!("write one of {}", phrase::quoted(names)),
                SettingMeant::Near(name) => format!("did you mean `{name}`?"),
                SettingMeant::Unclear => "write `family.setting`, such as `youtube.level`; \
                                          `docs/reference/settings.md` lists all settings"
                    .to_owned(),
            },
        ),
        Setting::NotSettable { name } => Said::new(
            format!("`{name}` cannot be set"),
            settings::why_not(name).map(refusal).unwrap_or_default(),
        ),
        Setting::WrongValue { setting, value } => wrong_value(setting, value),
    }
}

fn refusal(refusal: Refusal) -> String {
    let fixed = match refusal {
        Refusal::SetsYouTube => {
            "it silently sets YouTube to moderate; use `safesearch.google` and `youtube.level`"
        }
        Refusal::SendsAddresses => "it sends every visited address to Google",
        Refusal::WrittenByRules => "rules about sites write it",
        Refusal::Deprecated => "the browser calls this policy deprecated",
        Refusal::CloudOnly => "the browser obeys this policy only from Google's cloud",
        Refusal::RecommendedOnly => "the browser takes this policy only as a recommendation",
        Refusal::Internal => "this policy is for the browser vendor's own use",
        Refusal::Elsewhere => "the browser does not obey this policy on Linux",
        Refusal::Removed { engine, last } => {
            return format!("{engine} {last} was the last version that knew it");
        }
    };
    fixed.to_owned()
}

/// What a policy that is for the organisation alone gives to another.
pub(super) fn power(power: Power) -> &'static str {
    match power {
        Power::StartsProgram => "starts another program",
        Power::RemovesSandbox => "takes a sandbox away",
        Power::SitesStartPrograms => "lets sites start programs",
        Power::TrustsCertificate => "trusts whoever has the certificate's key",
        Power::PoliciesFromElsewhere => "lets another place set policies",
        Power::UnknownPolicies => "lets unknown policies count",
        Power::LoadsLibrary => "loads a library",
        Power::ExtensionsStartPrograms => "lets extensions start programs",
        Power::OtherPrecedence => "changes which policies count",
        Power::RemoteUse => "lets the device be used from afar",
        Power::RemoteControl => "lets another program drive the browser",
        Power::BrowserFromElsewhere => "takes the browser itself from elsewhere",
        Power::PagesRead => "lets another program read every page",
        Power::StartsPrograms => "starts other programs",
    }
}

fn wrong_value(name: &str, value: &Given) -> Said {
    let error = settings::find(name).and_then(|setting| setting.parse(value).err());
    let message = match &error {
        Some(error) => format!("`{name}`: {}", value::error(error)),
        None => format!("`{name}` does not take this value"),
    };
    let help = error.as_ref().and_then(value::help);
    Said::new(message, help.unwrap_or_else(|| takes(name)))
}

/// What a setting takes.
fn takes(name: &str) -> String {
    let Some(setting) = settings::find(name) else {
        return "correct the value".to_owned();
    };
    let accepted = match setting.kind {
        Kind::Levels(_) | Kind::Choice(_) => phrase::quoted(setting.accepts()),
        Kind::Number(_) | Kind::Names(_) | Kind::Policy(_) => setting.accepts().join(", "),
    };
    format!("write {accepted}")
}
