//! Words about values that are none of their setting.

use super::phrase;
use crate::settings::{Name, ParseValueError};

/// What is wrong with a value.
pub(super) fn error(error: &ParseValueError) -> String {
    match error {
        ParseValueError::Word { given, accepts, .. } => {
            format!("`{given}` is not one of {}", phrase::quoted(accepts))
        }
        ParseValueError::Number { given, scale } => format!(
            "`{given}` is not a whole number of {} from {} to {}",
            scale.unit, scale.least, scale.most
        ),
        ParseValueError::Name { given, name } => format!("`{given}` is not {name}"),
        ParseValueError::NoNames { .. } => "the list is empty".to_owned(),
        ParseValueError::Policy(mismatch) => mismatch.to_string(),
    }
}

/// What to write instead, where it can be said of the value.
pub(super) fn help(error: &ParseValueError) -> Option<String> {
    match error {
        ParseValueError::Word { meant, .. } => meant.map(|word| format!("did you mean `{word}`?")),
        ParseValueError::Number { .. } | ParseValueError::Policy(_) => None,
        ParseValueError::Name { name, .. } | ParseValueError::NoNames { name } => {
            Some(format!("write {}", example(*name)))
        }
    }
}

fn example(name: Name) -> &'static str {
    match name {
        Name::Domain => "a domain alone, such as `skola.example`",
        Name::Extension => "the extension's id as its store page shows it",
        Name::Origin => "scheme and host, such as `https://meet.example`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Given;
    use crate::settings::find;

    #[track_caller]
    fn refuses(name: &str, given: impl Into<Given>, message: &str, instead: Option<&str>) {
        let wrong = find(name)
            .expect(name)
            .parse(&given.into())
            .expect_err(name);
        assert_eq!(error(&wrong), message);
        assert_eq!(help(&wrong).as_deref(), instead);
    }

    #[test]
    fn a_value_of_another_kind_is_reported_with_what_to_write() {
        refuses(
            "youtube.level",
            "strickt",
            "`strickt` is not one of `off`, `moderate`, `strict`",
            Some("did you mean `strict`?"),
        );
        refuses(
            "youtube.level",
            vec!["strict"],
            "`a list of 1` is not one of `off`, `moderate`, `strict`",
            None,
        );
        refuses(
            "screen.lock-after",
            "0",
            "`0` is not a whole number of minutes from 1 to 240",
            None,
        );
        refuses(
            "sign-in.domains",
            "lærer@skola.example",
            "`lærer@skola.example` is not a domain",
            Some("write a domain alone, such as `skola.example`"),
        );
        refuses(
            "sign-in.domains",
            Given::List(Vec::new()),
            "the list is empty",
            Some("write a domain alone, such as `skola.example`"),
        );
        refuses(
            "camera.sites",
            "http://meet.example",
            "`http://meet.example` is not an https origin",
            Some("write scheme and host, such as `https://meet.example`"),
        );
        refuses(
            "extensions.allowed",
            "*",
            "`*` is not an extension's id",
            Some("write the extension's id as its store page shows it"),
        );
    }

    #[test]
    fn a_value_that_a_browsers_policy_does_not_take_is_reported_where_it_is() {
        refuses(
            "chromium.DefaultPopupsSetting",
            "3",
            "the value `3` is not one of `1`, `2`",
            None,
        );
        refuses(
            "chromium.BookmarkBarEnabled",
            "maybe",
            "the value `maybe` is not `true` or `false`",
            None,
        );
        refuses(
            "chromium.ProxySettings",
            Given::Table([("ProxyMode".to_owned(), "sideways".into())].into()),
            "in `ProxyMode`, `sideways` is not one of `direct`, `auto_detect`, `pac_script`, \
             `fixed_servers`, `system`",
            None,
        );
    }
}
