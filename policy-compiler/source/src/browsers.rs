//! The browsers of a fleet in `fyr.yaml`: the oldest version of each that is still in use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::At;
use fyr_schemas::bundle::Engine;
use fyr_schemas::id::ParseIdError;

/// The oldest version of each browser that the organisation's devices still run.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Browsers {
    /// The oldest Chromium, Chrome, Edge or Brave: `140`.
    pub chromium: Option<At<BrowserVersion>>,
    /// The oldest Firefox; for Firefox ESR with its point release where that matters: `128.5`.
    pub firefox: Option<At<BrowserVersion>>,
}

impl Browsers {
    /// The oldest version of one engine; `None` if it is not given.
    pub fn oldest(&self, engine: Engine) -> Option<&At<BrowserVersion>> {
        match engine {
            Engine::Chromium => self.chromium.as_ref(),
            Engine::Firefox => self.firefox.as_ref(),
        }
    }
}

/// A version of a browser: `140`, `128.5`, `149.0.2`. What is not said is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct BrowserVersion {
    /// The number that a release is known by.
    pub major: u16,
    minor: u16,
    patch: u16,
}

const VERSION: &str = "a version of a browser, such as `140` or `128.5`";

impl FromStr for BrowserVersion {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let refuse = || ParseIdError::new(text, VERSION);
        let mut parts = text.split('.').map(|part| match part.as_bytes() {
            [b'0'..=b'9', ..] => part.parse::<u16>().map_err(|_| refuse()),
            _ => Err(refuse()),
        });
        let major = parts.next().ok_or_else(refuse)??;
        let minor = parts.next().transpose()?.unwrap_or(0);
        let patch = parts.next().transpose()?.unwrap_or(0);
        if major == 0 || parts.next().is_some() {
            return Err(refuse());
        }
        Ok(Self {
            major,
            minor,
            patch,
        })
    }
}

impl Serialize for BrowserVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl TryFrom<String> for BrowserVersion {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}

impl fmt::Display for BrowserVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        match (self.minor, self.patch) {
            (0, 0) => Ok(()),
            (minor, 0) => write!(f, ".{minor}"),
            (minor, patch) => write!(f, ".{minor}.{patch}"),
        }
    }
}

impl schemars::JsonSchema for BrowserVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BrowserVersion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A version of a browser: `140`, `128.5`.",
            "type": ["integer", "number", "string"],
            "pattern": "^[1-9][0-9]*(\\.[0-9]+){0,2}$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> BrowserVersion {
        text.parse().expect(text)
    }

    #[test]
    fn versions_compare_number_by_number_and_are_shown_as_people_write_them() {
        assert!(version("115.10") > version("115.9"));
        assert!(version("149") < version("149.0.2"));
        assert!(version("128") == version("128.0"));
        for text in ["140", "128.5", "149.0.2"] {
            assert_eq!(version(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "", "0", "x", "+1", "128.", "1.2.3.4", "99999", "-1", "128 ESR",
        ] {
            assert!(text.parse::<BrowserVersion>().is_err(), "`{text}`");
        }
    }

    #[test]
    fn yaml_keeps_every_digit_of_a_version() {
        let options = serde_saphyr::options! { strict_booleans: true };
        let text = "{chromium: 140, firefox: 115.10}";
        let browsers: Browsers = serde_saphyr::from_str_with_options(text, options).expect(text);
        let shown = |engine| browsers.oldest(engine).map(|version| version.to_string());
        assert_eq!(shown(Engine::Chromium).as_deref(), Some("140"));
        assert_eq!(shown(Engine::Firefox).as_deref(), Some("115.10"));
    }
}
