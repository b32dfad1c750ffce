//! Words about settings as they are written.

use super::{Said, phrase};
use crate::catalogue::Given;
use crate::finding::{Setting, SettingMeant};
use crate::settings::{self, Kind};

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
            settings::why_not(name).unwrap_or_default(),
        ),
        Setting::WrongValue { setting, value } => wrong_value(setting, value),
    }
}

fn wrong_value(name: &str, value: &Given) -> Said {
    let error = settings::find(name).and_then(|setting| setting.parse(value).err());
    let message = match &error {
        Some(error) => format!("`{name}`: {error}"),
        None => format!("`{name}` does not take this value"),
    };
    let help = error.and_then(|error| error.help());
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
