//! What each code means, in English.

use crate::code::Code;
use crate::wording::Meaning;

/// What a code means.
pub(in crate::wording) fn meaning(code: Code) -> Meaning {
    let (title, text) = words(code);
    Meaning { title, text }
}

#[expect(clippy::too_many_lines, reason = "a table: one arm for each code")]
fn words(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::NotYaml => (
            "a file is not YAML",
            "The file cannot be read as YAML: a bracket is open, the indentation is uneven, or a tab is used to indent. Nothing in the file applies until it can be read.",
        ),
        Code::UnknownField => (
            "an unknown field",
            "The document has a field that the language does not have. A misspelt field would otherwise be a rule that silently does not apply.",
        ),
        Code::MissingField => (
            "a required field is missing",
            "Every document has the fields that say what it is about. A decision also names its legal basis and the day of its review, unless it is an emergency. The message names the field.",
        ),
        Code::WrongValue => (
            "a value of the wrong type",
            "The field takes another type: a date, a case number, a path, a list or one of a few words.",
        ),
        Code::TooMuch => (
            "a file beyond the limits",
            "People write and review a policy. These are refused: files larger than 1 MiB (64 MiB for a file of a list), deep nesting, anchors and aliases. Otherwise one file could exhaust the machine that reads it. Write repeated values in full.",
        ),
        Code::DuplicateField => (
            "a field or name appears twice in one document",
            "YAML would keep one of the two without saying which. Keep the one that you meant.",
        ),
        Code::MisplacedFile => (
            "a file that does not belong to a policy",
            "A policy directory contains `fyr.yaml`, `units.yaml`, `timetable.yaml`, and `*.yaml` below `decisions/`, `rules/`, `services/` and `lists/`. Other files are not read.",
        ),
        Code::MissingFile => (
            "a required file is missing",
            "Every policy directory has `fyr.yaml` with the organisation and `units.yaml` with its units and groups. An empty file counts as missing.",
        ),
        Code::EmptyFile => (
            "an empty file",
            "The file contains no document. Delete it, or write the document.",
        ),
        Code::NotText => (
            "a character that is invisible or not text",
            "Editors do not show control characters, marks without width and bytes that are not UTF-8. A reviewer would not see them. Spaces other than the ordinary one do not indent. Write the text again without them, and save the file as UTF-8.",
        ),
        Code::TurnsReading => (
            "a character that reverses the reading order",
            "Unicode has marks that show the text after them from right to left. A reviewer then sees another policy than the one that applies, in comments as well as in values. Text in Arabic or Hebrew does not need them.",
        ),
        Code::MixedAlphabets => (
            "a word with a letter of another alphabet",
            "A Cyrillic `а` looks like a Latin `a`, but a name with it is another name. It matches nothing that you meant, or it is meant to deceive. The message names the letter. To block such a name on purpose, write it in its `xn--` form.",
        ),
        Code::LookAlike => (
            "a name that looks like one of the organisation's own",
            "A reader takes it for the organisation's sign-in or for a service of the catalogue. It is another name on the internet. Write the name that you meant.",
        ),
        Code::UnreadFile => (
            "a file that is not read",
            "The file looks like a policy document by its directory or its name. Only files that end in `.yaml` are read. Rename it, or keep it elsewhere. Notes (`.md`) and backups (`.bak`, `~`) are ignored.",
        ),
        Code::DuplicateName => (
            "a name is used twice",
            "Files refer to rules, decisions, services and categories by name, so each name must be unique.",
        ),
        Code::UnknownDecision => (
            "an unknown decision",
            "A case number is cited that no document below `decisions/` has. Case numbers are compared exactly as written.",
        ),
        Code::UnknownUnit => (
            "an unknown unit",
            "A path names a unit that `units.yaml` does not have, or whose parent it does not have. `/` is the organisation itself.",
        ),
        Code::UnknownStage => (
            "an unknown stage or audience",
            "Values and selections use the stages of `fyr.yaml`, `pupils` and `staff`.",
        ),
        Code::UnknownService => (
            "an unknown service",
            "`service:NAME` refers to a document below `services/`.",
        ),
        Code::UnknownBody => (
            "an unknown body",
            "Each decision is made by one of the bodies in `fyr.yaml`, so that its competence can be checked.",
        ),
        Code::NoStage => (
            "a group without a stage",
            "A group has the year in which its pupils began school (`start`), or a fixed `stage`. This one has neither or both, or no stage of `fyr.yaml` includes its grade.",
        ),
        Code::OverlappingStages => (
            "two stages include the same grade",
            "A class would be in both, and two values could apply to it. Each grade belongs to at most one stage.",
        ),
        Code::SelectsNoGroup => (
            "a rule or value that applies to no group",
            "The rule, or one of its values, selects none of the groups of today, so it has no effect.",
        ),
        Code::SaysNothing => (
            "a rule without settings and sites",
            "A rule has at least one setting or one site.",
        ),
        Code::NoReason => (
            "a rule without a reason in the organisation's language",
            "Every rule gives its reason in the first language of `fyr.yaml`: for the administrator who maintains it, and for the pupil whom it affects. A rule that cites an emergency may leave the reason to the decision that follows. This is a warning, because devices must not be unprotected for lack of a sentence.",
        ),
        Code::UnnamedGroup => (
            "a group that cannot be named after its unit",
            "A group that is listed with its unit is named after the last part of the unit's path: `2024` at `/skoler/skovlunde` is `skovlunde-2024`. That name would be too long, or the unit is `/`. Name the group under `groups`.",
        ),
        Code::NoGuidance => (
            "a warning without guidance",
            "A site under `warn` opens after its guidance was read. Write in `guidance`, in the first language of `fyr.yaml`, what to consider there.",
        ),
        Code::GuidanceUnread => (
            "guidance that is not shown",
            "The rule has `guidance` but no site under `warn`, so it is never shown.",
        ),
        Code::UnknownSetting => (
            "an unknown setting",
            "The name is neither a setting nor a policy of a browser. `docs/reference/settings.md` lists every setting; with the JSON Schema that `fyr schema` writes, an editor completes the names.",
        ),
        Code::WrongSetting => (
            "a value that the setting does not take",
            "Browsers accept most wrong values without a message and then ignore them. Every value is therefore checked before it is sent to a browser.",
        ),
        Code::WrongSite => (
            "not a site",
            "A site is `service:NAME`, `category:NAME` or a URL filter as Chromium writes it: `host`, `.host` for that host alone, `host/path`, `scheme://host`.",
        ),
        Code::InexpressibleSites => (
            "sites that the lists of a browser cannot express",
            "Browsers rank filters by host and path and have no layers. The layered verdicts are converted into lists with the same verdicts. For these sites that is impossible, or it needs too many entries. Write them with hosts and paths alone.",
        ),
        Code::Clash => (
            "two settings that one browser cannot have together",
            "Both settings are enforced by the same browser policy and need different values of it. Set one of them. For a browser's own policy there is usually a setting of the language with the same effect.",
        ),
        Code::DoubtfulSite => (
            "a site that is not on the internet, or is far more than one site",
            "A word without a domain ending is no name on the internet. An ending such as `nu` or `co.uk` matches every site whose name ends in it. Write the whole name. If you mean the word or the ending itself, add a final point.",
        ),
        Code::UndoesSetting => (
            "a browser's own policy that undoes a setting",
            "The browser's policy cancels a setting, completely or for some sites: a list of exceptions, an extension that is installed by force, a hidden preference. Browsers have no layers, so it would apply. Remove it, or set it in the rule that decides the setting or in a unit above.",
        ),
        Code::ForTheOrganisation => (
            "a browser's own policy that only the organisation may set",
            "The browser's policy starts another program, loads code, trusts a certificate or takes policies from elsewhere. No other rule can prevent its effects, so only a rule for `/` may set it.",
        ),
        Code::WeakerThanFloor => (
            "less restrictive than a minimum above",
            "A `minimum` bounds everything below it: a school, a class or a lesson may be stricter but not less strict. Both places are shown. Use a value that is at least as strict, or ask the body above to change its rule.",
        ),
        Code::LockedAbove => (
            "changes what is locked above",
            "A `locked` rule allows no other value below. What it or a `minimum` closes has only those exceptions that are named in its unit or above. Remove the value, or ask the body above to change its rule.",
        ),
        Code::SameLayer => (
            "two rules of one unit disagree",
            "Both rules are for the same unit and apply to the same group, so neither overrides the other. The order of files has no effect. Keep the value in one of them.",
        ),
        Code::SiteBelowFloor => (
            "a verdict over a site that is bounded above",
            "A `locked` or `minimum` verdict applies to every URL that it matches, even if a filter below is more specific. The verdict below would have no effect, or would undo what was decided above.",
        ),
        Code::NoDecision => (
            "a rule without a decision",
            "Every restriction cites a decision: who decided, when and on what basis. Cite it with `decision:`.",
        ),
        Code::NotDecided => (
            "a decision that cannot be cited",
            "A rejected proposal and a repealed decision stay on record, but no rule, approval or timetable may cite them. A rule may cite a draft or a hearing: it is then a proposal and not in force. Hours may not, because devices follow them as written.",
        ),
        Code::NotCompetent => (
            "a decision beyond the competence of its body",
            "A body decides for its unit and the units below. A rule for more than that cites a decision of a competent body. So do the approval of a service, hours and holidays there, and the end of what a wider body decided. A rule without a decision loosens nothing that was decided above it, and no decided minimum anywhere. A status of a service for one part has no effect on bounds that its body may not decide.",
        ),
        Code::ReviewOverdue => (
            "a review is overdue",
            "The decision was to be reviewed by this day. Review it, and write the next day.",
        ),
        Code::NoDeadline => (
            "an emergency without a deadline",
            "An emergency is in force at once. `decide-by` says by when its decision must follow.",
        ),
        Code::DeadlinePassed => (
            "an emergency whose decision is overdue",
            "The decision that had to follow is overdue. Make it, or remove the rules that cite the emergency.",
        ),
        Code::NotYetInForce => (
            "a decision with the status in-force before its first day",
            "The rules of a decision are in force from `from`, or from its date if `from` is missing. The policy is compiled for an earlier day, so they are not in force on it. Devices begin with them on that day without a new publication, if it is within a year. Correct the day, or write `status: decided` until then.",
        ),
        Code::DaysBackwards => (
            "days of a decision in the wrong order",
            "A decision begins before it ends, is dated before its review, and begins after the decision that it replaces.",
        ),
        Code::AssessmentOld => (
            "an impact assessment that is too old",
            "A data protection impact assessment is repeated as the service and its use change. `dpia-limit-years` in `fyr.yaml` says how old a version may become; the default is three years.",
        ),
        Code::ErrorAhead => (
            "an error on a day to come",
            "A decision or a rule begins or ends on that day, and the policy does not compile on it. Then nothing can be published, and devices keep what they have. The message is the one of that day, reported while there is time. The next twelve such days are checked completely; fifty more are checked for breaches of bounds.",
        ),
        Code::FarDeadline => (
            "an emergency whose decision is far away",
            "An emergency needs no legal basis and no review, because the body decides soon. If it may wait for more than three months, it is a rule without a decision.",
        ),
        Code::DaysNotLookedAt => (
            "more later dates than a check looks at",
            "On each later date on which a rule begins or ends, the policy is checked for breaches of bounds. There are too many such dates to check all of them in one run. The nearest ones are checked; check the others with `--date`, or remove rules that are no longer needed.",
        ),
        Code::HelplineBlocked => (
            "a helpline is blocked",
            "Services that help children directly are never blocked, not even in part.",
        ),
        Code::RecoveryBlocked => (
            "a site that must stay reachable is blocked",
            "A device signs in with and is repaired from the sites under `always-reachable`. If they are blocked, it cannot be helped remotely.",
        ),
        Code::EscapeOpen => (
            "a restriction with an open bypass",
            "The restriction has bypasses that no rule decides, such as a private window or a guest session. Close the bypass, or set it to `open` if that is decided.",
        ),
        Code::PersonalDevice => (
            "a rule for the device on personal devices",
            "The organisation rules over the school account on a personal device, and never over the device. Limit the rule to managed devices.",
        ),
        Code::TooNewForBrowser => (
            "a setting that the oldest browser does not support",
            "`browsers` in `fyr.yaml` names the oldest browsers in use. They ignore policies that they do not support, so the setting is not enforced there. Update the browsers, then raise `browsers`.",
        ),
        Code::SignInBlocked => (
            "the sign-in is blocked",
            "The rule blocks hosts that the organisation's sign-in needs. People cannot sign in to anything then.",
        ),
        Code::ClassroomBlocked => (
            "a classroom is blocked",
            "The rule blocks hosts that a teaching platform of the organisation needs, and not only for a period.",
        ),
        Code::UnknownPlatform => (
            "an unknown platform",
            "The hosts of the sign-in or classroom are not known, so blocks of them are not found. Use a name from the list, or list its hosts under `always-reachable`.",
        ),
        Code::IdentityBelowAge => (
            "the school account on a service below its minimum age",
            "The catalogue gives the service a minimum age. Pupils below it can watch, and can also take part with the school account: comment, upload, have a channel. Allow watching and close the identity, or block the service. The youngest pupil of a group counts.",
        ),
        Code::AccountUnreached => (
            "a rule for the account that is not enforced on personal devices",
            "The rule is for the account, so it may apply on a personal device. No target of this version reaches an account there: such devices get no bundle, and the rule is not enforced on them. It is listed among the gaps too. If you mean managed devices only, write `ownership: managed`.",
        ),
        Code::NeverHolds => (
            "a value or verdict without effect",
            "Every group of the rule gets another value: from a rule below, or from a narrower value of the same rule. Remove it; or write `strength: minimum` if you meant a bound that rules below may only tighten.",
        ),
        Code::Repeats => (
            "a duplicate rule",
            "The rule says what another rule above or beside it says for the same groups, so removing it changes nothing. Say it once, where it was decided. If it must outlast a `default` above, write `strength: minimum`. An allow where nothing is blocked is not a duplicate: it prevents rules below from blocking the site.",
        ),
        Code::UnknownCategory => (
            "an unknown category",
            "`category:NAME` refers to a document in `lists/lists.yaml`, which names the source of the category and its files.",
        ),
        Code::MissingListFile => (
            "a file of a list is missing",
            "A category names files or directories below `lists/`. Without its file the category would open everything that it blocked yesterday.",
        ),
        Code::ListChanged => (
            "a list that differs from the reviewed one",
            "The category names the SHA-256 of its files, and the files have another one. Either a file was changed unnoticed, or the list was updated. Review the change, and write the new digest.",
        ),
        Code::EmptyCategory => (
            "an empty category",
            "A rule over an empty category does nothing. Usually a download failed, or the list is in an unknown format: known are domains, URL prefixes, hosts lines and adblock rules.",
        ),
        Code::UnnamedListFile => (
            "a file below `lists/` without a category",
            "The file is not read. Name it under the `files` of a category, or remove it.",
        ),
        Code::MuchDropped => (
            "a list of which much was dropped",
            "More than a quarter of the list cannot be part of a category of sites: rules that hide parts of pages, patterns, public suffixes, text. `fyr lists` counts every reason and shows the lines. Duplicates are not counted.",
        ),
        Code::UnknownPeriod => (
            "an unknown period",
            "`during` names a period of `timetable.yaml`. A rule with another name would never be in force.",
        ),
        Code::WrongHours => (
            "wrong hours",
            "Hours are written from and until within one day: `08:00-15:30`. A night has two parts: `22:00-24:00` of one day and `00:00-06:00` of the next. The hours of one day do not overlap.",
        ),
        Code::WrongDays => (
            "wrong days of the week",
            "The days of the week are `mon` to `sun`: alone, in a list, or as a range within a week that begins on Monday.",
        ),
        Code::WrongPeriod => (
            "a period that contradicts itself",
            "A period runs either on days of the week or on single days. Its last day does not come before its first.",
        ),
        Code::PeriodOver => (
            "a period that never runs again",
            "All its days are over or in the holidays, so rules are never in force during it again. Remove the period and its rules, or give it new days.",
        ),
        Code::PeriodUnused => (
            "a period without rules",
            "The period has no effect. Remove it, or use it in a rule with `during`.",
        ),
        Code::OverlappingLessons => (
            "two lessons of one group at one time",
            "The devices of the group would follow both. If their rules disagree, that is an error; otherwise a day or an hour is probably wrong.",
        ),
        Code::NoTime => (
            "a rule that is never in force",
            "Its last day is over, its days are outside those of its decision, or its period runs for other groups. Remove it, or correct its days or its period.",
        ),
        Code::UnknownTimeZone => (
            "a time zone that devices cannot follow",
            "The time zone is one of the IANA database, such as `Europe/Copenhagen`. Devices get its rule, so that they need neither a database nor the right local zone. A zone whose clocks do not follow one rule cannot be used.",
        ),
        Code::OtherHoursTwice => (
            "two exceptions of equal rank for one group",
            "The exception of the lowest unit applies, and within one unit the narrower selection. These two are equal, so neither overrides the other.",
        ),
        Code::TooManyCombinations => (
            "more combinations of periods than a device carries",
            "Devices carry a variant of their policy for every combination of periods that can run at one time. Use one period with several days and hours instead of many overlapping periods.",
        ),
        Code::NothingToOverride => (
            "`overridable` on a rule that is no minimum",
            "`overridable: lessons` lets a lesson go below a `minimum` while it runs. A `locked` rule allows no other value, and rules below may change a `default` anyway.",
        ),
        Code::DaysNotIncluded => (
            "changes on later days that are not included in bundles",
            "A bundle includes the boundary dates of the next year: days on which rules and decisions begin or end. It has a variant of the policy for each, and for every combination of periods that can run then. Space is limited. The days of bounds come before those of other rules. Higher units come before lower ones, and nearer days before later ones. The message names the first day that is not included, and the bounds that begin or end on such days. Publish the policy again before it.",
        ),
        Code::HoursTaken => (
            "hours of a bound shortened without competence",
            "A bound is in force while its period runs, so the hours and holidays decide when it is in force. Another body may give its own unit more hours, but not fewer. It may not add days off or replace the decided period. Both places are shown.",
        ),
        Code::HoursUndecided => (
            "hours without a decision on which a decided bound depends",
            "A `locked` or `minimum` rule that was decided is in force during the period, and its hours decide when. Cite the decision behind the hours with `decision:`, in the period or once for all of `timetable.yaml`.",
        ),
        Code::HoursNotInForce => (
            "hours whose decision is not in force",
            "Devices follow hours and holidays as written, even if the decision that they cite has not begun or has ended. On this day these hours are not decided.",
        ),
        Code::LessonWithoutEnd => (
            "a lesson that does not end within a year",
            "A rule during a lesson may go below a minimum that is `overridable: lessons`, while the lesson runs. A lesson without an end would remove the minimum. A lesson that begins later has a year from its first day.",
        ),
        Code::LessonsTooLong => (
            "more lessons than a school day",
            "The lessons of a group on one day are longer than eight hours together. A minimum that is `overridable: lessons` must apply for most of the day.",
        ),
        Code::HasLeft => (
            "a class that has left school",
            "The class is past the last grade that its unit teaches, or that any stage includes. Its devices keep the stage of the last grade, so that nothing opens on 1 August unnoticed. Collect them, then remove the group. If a unit teaches fewer grades than the country's schools, write `grades: F-9`.",
        ),
        Code::NotBegun => (
            "a class that begins in more than a year",
            "Devices are prepared in the year before a class begins; this one begins later. Until then they have the stage of its first grade.",
        ),
        Code::ServiceIncomplete => (
            "an approved service with missing fields",
            "The catalogue records what the assessment of an approved service found: purpose, legal basis, security validation, decision and day of review. If it processes personal data, it also records the agreement with the processor and the impact assessment. Transfers outside the EU are recorded as `none`, or with place and legal ground.",
        ),
        Code::ServiceOverdue => (
            "an approved service whose review is overdue",
            "The approval was given until this day. Assess the service again, or write `status: expired`.",
        ),
        Code::StatusTwice => (
            "two statuses of a service for one group",
            "The narrowest status applies to a group: that of the deeper unit, then the one with more conditions. Two that are equally narrow cannot both apply.",
        ),
        Code::UnknownGroup => (
            "an unknown group",
            "`approved` in `units.yaml` names groups, and this one does not exist.",
        ),
        Code::HelplineLimited => (
            "a helpline with a minimum age or an approval",
            "A helpline helps children directly. It has no minimum age and needs no guardian's approval.",
        ),
        Code::ApprovalUnasked => (
            "an approval that is not needed",
            "The service needs no guardian's approval, so the approval has no effect.",
        ),
        Code::LimitNotMet => (
            "a service open to pupils who are too young for it",
            "The catalogue sets a minimum age for the service or requires a guardian's approval. No rule enforces it for these groups. A rule that allows `service:NAME` opens it to those who may use it and closes it to the others; `signed-out` and `restricted` need a setting that browsers can enforce.",
        ),
        Code::ApprovalNotInForce => (
            "a service approved by a decision that is not in force",
            "An approval depends on the decision that the service cites. That decision is a proposal, has not begun or has ended, so the service is not approved on this day. Cite a decision that is in force, or write the status that the service has until then.",
        ),
        Code::DeniedOpened => (
            "a denied service that a rule allows",
            "The rule allows `service:NAME`, but in the catalogue the service is `denied` or `expired` for the same groups. One of the two files is wrong: remove the service from the rule, narrow the rule, or write the present status. `services:approved` allows approved services only.",
        ),
    }
}
