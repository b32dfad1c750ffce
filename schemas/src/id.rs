//! The names that documents use for things: each a newtype that parses, so that a wrong
//! name is refused where it enters and nowhere else.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Why a text is not a name of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct ParseIdError {
    /// The text as it was given, cut after 80 characters.
    pub text: String,
    /// What would have been accepted, with its article.
    pub expected: &'static str,
}

impl ParseIdError {
    /// An error about `text`, where one would write what is `expected`.
    #[must_use]
    pub fn new(text: &str, expected: &'static str) -> Self {
        Self {
            text: text.chars().take(80).collect(),
            expected,
        }
    }
}

/// Declares a text newtype whose every way in runs one check.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $pattern:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(ParseIdError::new(text, $expected))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        #[cfg(feature = "json-schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": $expected,
                    "type": "string",
                    "pattern": $pattern
                })
            }
        }
    };
}

fn is_slug(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A slug, behind the slug of its kind or alone.
fn is_period(text: &str) -> bool {
    let (kind, name) = text.split_once(':').unwrap_or(("x", text));
    is_slug(kind) && is_slug(name)
}

/// A family, and names below it that may be spelled as browsers spell their policies.
fn is_control(text: &str) -> bool {
    let (family, names) = text.split_once('.').unwrap_or((text, "x"));
    text.len() <= 127
        && is_slug(family)
        && names
            .split('.')
            .all(|name| is_slug(&name.to_ascii_lowercase()))
}

fn is_unit_path(text: &str) -> bool {
    text == "/"
        || (text.len() <= 255
            && text
                .strip_prefix('/')
                .is_some_and(|rest| rest.split('/').all(is_slug)))
}

/// A case number is free text as the case file writes it, within one line.
fn is_case_number(text: &str) -> bool {
    (1..=80).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control)
}

/// Lowercase ASCII only: a name that reaches the hosts file must be unable to end its line.
fn is_host_name(text: &str) -> bool {
    text.len() <= HostName::LONGEST && text.contains('.') && text.split('.').all(is_slug)
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_language(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_time_zone(text: &str) -> bool {
    text.len() <= 64
        && text.contains('/')
        && text.split('/').all(|part| {
            part.starts_with(|first: char| first.is_ascii_uppercase())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'))
        })
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

text_id! {
    /// The organisation that decides: a municipality.
    OrganisationId, "an organisation name (lowercase letters a to z, digits and `-`, at most 63)",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", is_slug
}
text_id! {
    /// A stable pool of devices that receives one bundle.
    GroupId, "a group name (lowercase letters a to z, digits and `-`, at most 63)",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", is_slug
}
text_id! {
    /// A stage of schooling (`indskoling`, `mellanstadiet`), or the staff's.
    StageId, "a stage name (lowercase letters a to z, digits and `-`, at most 63)",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", is_slug
}
text_id! {
    /// A rule of the policy source.
    RuleId, "a rule name (lowercase letters a to z, digits and `-`, at most 63)",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", is_slug
}
text_id! {
    /// One enforceable, reportable statement in a bundle: `youtube.level`,
    /// `sites.block.RULE`, `chromium.PolicyName`.
    ControlId, "a control name (letters, digits and `-`, joined by `.`)",
    "^[a-z0-9-]+(\\.[A-Za-z0-9-]+)*$", is_control
}

impl ControlId {
    /// Whether it is over the sites of a rule, rather than a setting.
    pub fn is_over_sites(&self) -> bool {
        self.0.starts_with("sites.")
    }

    /// The control over the sites that one rule closes.
    pub fn sites_block(rule: &RuleId) -> Self {
        // INVARIANT: a rule's name is a slug, so this is a control's name of at most 75 characters.
        Self(format!("sites.block.{rule}"))
    }

    /// The control over the sites that one rule keeps open.
    pub fn sites_allow(rule: &RuleId) -> Self {
        // INVARIANT: as above.
        Self(format!("sites.allow.{rule}"))
    }

    /// The control over the sites that one rule shows with a warning.
    pub fn sites_warn(rule: &RuleId) -> Self {
        // INVARIANT: as above.
        Self(format!("sites.warn.{rule}"))
    }
}
text_id! {
    /// A place in the tree of units, from `/`: `/skoler/skovlunde`.
    UnitPath, "a unit path (`/`, or `/name/name` with lowercase letters a to z, digits and `-`)",
    "^(/|(/[a-z0-9-]+)+)$", is_unit_path
}
text_id! {
    /// The number of a decision's case, as the case file writes it: `85.10.09-G01-33-21`.
    CaseNumber, "a case number (1 to 80 characters on one line, no spaces around it)",
    "^\\S(.{0,78}\\S)?$", is_case_number
}
text_id! {
    /// A full name on the internet, in lowercase punycode: `www.youtube.com`.
    HostName, "a host name (two or more labels of lowercase letters a to z, digits and `-`)",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$", is_host_name
}

impl HostName {
    /// The most bytes of one.
    pub const LONGEST: usize = 253;

    /// Whether `text` is one, for lists too long to store every name separately.
    pub fn accepts(text: &str) -> bool {
        is_host_name(text)
    }
}
text_id! {
    /// A body that decides: `borne-og-skoleudvalget`.
    BodyId, "the name of a body (lowercase letters a to z, digits and `-`, at most 63)",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", is_slug
}
text_id! {
    /// A service of the catalogue; a rule writes `service:NAME`.
    ServiceId, "the name of a service (lowercase letters a to z, digits and `-`, at most 63)",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", is_slug
}
text_id! {
    /// A category of sites and services; a rule writes `category:NAME`.
    CategoryId, "a category name (lowercase letters a to z, digits and `-`, at most 63)",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", is_slug
}
text_id! {
    /// A period of the timetable, with its kind where it has one: `school-hours`,
    /// `exam:matematik-9`, `lesson:projekt-7b`.
    PeriodId, "the name of a period (lowercase letters a to z, digits and `-`, with or without a kind before `:`)",
    "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?:)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", is_period
}

impl PeriodId {
    /// The kind of the periods that begin on a day and go on: a change of the policy, which
    /// has no name.
    pub const DAY_KIND: &str = "from";

    /// What stands before the `:`.
    pub fn kind(&self) -> Option<&str> {
        self.0.split_once(':').map(|(kind, _)| kind)
    }

    /// The period that runs from a day on, as the compiler names it: `from:2027-01-01`.
    pub fn from_day(day: Date) -> Option<Self> {
        format!("{}:{day}", Self::DAY_KIND).parse().ok()
    }

    /// The day from which on it runs, where it is named after one.
    pub fn day(&self) -> Option<Date> {
        let (kind, day) = self.0.split_once(':')?;
        (kind == Self::DAY_KIND).then(|| day.parse().ok())?
    }
}
text_id! {
    /// A country, as ISO 3166 writes it: `DK`.
    CountryCode, "a country (two capital letters, such as `DK`)",
    "^[A-Z]{2}$", is_country
}
text_id! {
    /// A language, as ISO 639 writes it: `da`.
    LanguageCode, "a language (two or three small letters, such as `da`)",
    "^[a-z]{2,3}$", is_language
}
text_id! {
    /// A time zone, as the IANA database names it: `Europe/Copenhagen`.
    TimeZoneName, "a time zone (such as `Europe/Copenhagen`)",
    "^[A-Z][A-Za-z_]*(/[A-Z][A-Za-z_-]*)+$", is_time_zone
}
text_id! {
    /// A device's pseudonym: the first 128 bits of the SHA-256 of its public key, in hex.
    ///
    /// It follows from the key, so no device can claim another device's name.
    DeviceId, "a device id (32 hexadecimal digits)",
    "^[0-9a-f]{32}$", |text| is_hex(text, 32)
}
text_id! {
    /// A SHA-256 digest in lowercase hex.
    Digest, "a SHA-256 digest (64 hexadecimal digits)",
    "^[0-9a-f]{64}$", |text| is_hex(text, 64)
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(hex::encode(bytes))
    }
}

impl From<[u8; 16]> for DeviceId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(hex::encode(bytes))
    }
}

impl UnitPath {
    /// The organisation itself, `/`.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// How far below the organisation it is: 0 for `/`, 1 for `/skoler`.
    pub fn depth(&self) -> usize {
        self.0.split('/').filter(|name| !name.is_empty()).count()
    }

    /// The unit directly above; `None` for the organisation.
    pub fn parent(&self) -> Option<Self> {
        match self.0.rsplit_once('/')? {
            ("", "") => None,
            ("", _) => Some(Self::root()),
            (parent, _) => Some(Self(parent.to_owned())),
        }
    }

    /// Whether `other` is this unit or one below it.
    pub fn contains(&self, other: &Self) -> bool {
        self.0 == "/"
            || other
                .0
                .strip_prefix(&self.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The number of a published policy: the version of the signed `targets` role that lists it.
/// Higher is newer; a device never goes back.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn accepts<T: FromStr<Err = ParseIdError> + fmt::Display>(text: &str) {
        assert_eq!(text.parse::<T>().expect(text).to_string(), text);
    }

    #[track_caller]
    fn refuses<T: FromStr<Err = ParseIdError>>(text: &str) {
        assert!(text.parse::<T>().is_err(), "`{text}` was accepted");
    }

    #[test]
    fn names_that_could_leave_their_directory_are_refused() {
        for text in ["", "..", "a/b", "-a", "a-", "A", "å", "a b", "a\0"] {
            refuses::<GroupId>(text);
        }
        accepts::<GroupId>("skovlunde-2031");
    }

    #[test]
    fn a_unit_path_starts_at_the_root() {
        accepts::<UnitPath>("/");
        accepts::<UnitPath>("/skoler/skovlunde");
        for text in ["", "skoler", "//", "/skoler/", "/../x"] {
            refuses::<UnitPath>(text);
        }
    }

    #[test]
    fn a_unit_contains_itself_and_what_is_below_and_no_namesake() {
        let unit = |text: &str| text.parse::<UnitPath>().expect(text);
        assert!(unit("/").contains(&unit("/skoler/skovlunde")));
        assert!(unit("/skoler").contains(&unit("/skoler")));
        assert!(!unit("/skoler").contains(&unit("/skolerne")));
        assert!(!unit("/skoler/skovlunde").contains(&unit("/skoler")));
        assert_eq!(unit("/skoler/skovlunde").parent(), Some(unit("/skoler")));
        assert_eq!(unit("/skoler").parent(), Some(UnitPath::root()));
        assert_eq!(unit("/").parent(), None);
        assert_eq!(unit("/skoler/skovlunde").depth(), 2);
    }

    #[test]
    fn a_control_may_carry_a_browsers_own_spelling() {
        accepts::<ControlId>("youtube.level");
        accepts::<ControlId>("chromium.URLBlocklist");
        accepts::<ControlId>("firefox.3rdparty");
        for text in ["", "Youtube.level", "youtube.", "a..b", "a.å", "a.b/c"] {
            refuses::<ControlId>(text);
        }
        let rule: RuleId = "r".repeat(63).parse().expect("a rule's name");
        accepts::<ControlId>(ControlId::sites_block(&rule).as_str());
        accepts::<ControlId>(ControlId::sites_allow(&rule).as_str());
        accepts::<ControlId>(ControlId::sites_warn(&rule).as_str());
    }

    #[test]
    fn case_numbers_of_the_public_papers_are_accepted_as_written() {
        for text in [
            "STK-2019-120",
            "85.10.09-G01-33-21",
            "190417 §62",
            "motion 38/2021",
        ] {
            accepts::<CaseNumber>(text);
        }
        refuses::<CaseNumber>("two\nlines");
    }

    #[test]
    fn a_period_may_have_a_kind() {
        accepts::<PeriodId>("school-hours");
        accepts::<PeriodId>("exam:matematik-9");
        for text in ["", ":", "exam:", ":x", "a:b:c", "Exam:x", "exam: x"] {
            refuses::<PeriodId>(text);
        }
        let exam: PeriodId = "exam:matematik-9".parse().expect("a period");
        assert_eq!(exam.kind(), Some("exam"));
        assert_eq!(exam.day(), None);
    }

    #[test]
    fn a_period_that_is_named_after_its_first_day_knows_it() {
        let day = jiff::civil::date(2027, 1, 1);
        let period = PeriodId::from_day(day).expect("a period");
        assert_eq!(period.as_str(), "from:2027-01-01");
        assert_eq!(period.day(), Some(day));
    }

    #[test]
    fn names_made_of_bytes_are_names_that_parse() {
        accepts::<Digest>(Digest::from([0xa0; 32]).as_str());
        accepts::<DeviceId>(DeviceId::from([0x0f; 16]).as_str());
    }

    #[test]
    fn a_host_name_cannot_smuggle_a_second_line_or_another_name() {
        accepts::<HostName>("www.youtube-nocookie.com");
        for text in [
            "",
            "localhost",
            "a.b\n127.0.0.1 c.d",
            "a.b c.d",
            "a.b#",
            "A.b",
            ".a.b",
            "a.b.",
            "ø.dk",
        ] {
            refuses::<HostName>(text);
        }
    }

    #[test]
    fn norway_is_a_country_and_no_no_language() {
        accepts::<CountryCode>("NO");
        refuses::<CountryCode>("no");
        accepts::<LanguageCode>("no");
        refuses::<LanguageCode>("NO");
        accepts::<TimeZoneName>("Europe/Oslo");
        for text in ["", "CET", "/", "Europe/", "../etc/passwd", "Europe/ Oslo"] {
            refuses::<TimeZoneName>(text);
        }
    }

    #[test]
    fn a_wrong_name_is_refused_while_parsing_json() {
        assert!(serde_json::from_str::<DeviceId>("\"../../etc\"").is_err());
    }
}
