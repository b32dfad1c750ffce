//! The table of everything the compiler can find: stable codes, with what each one means.

use std::fmt;
use std::str::FromStr;

/// Whether a finding keeps the policy from compiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No bundle is made.
    Error,
    /// The policy compiles; somebody should look.
    Warning,
}

/// Declares the codes, and from the same rows everything that is told about them.
macro_rules! codes {
    ($($number:literal $name:ident $severity:ident $title:literal $meaning:literal)*) => {
        /// What kind of finding a diagnostic is. A code is never given another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code: `FYR0101`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("FYR", $number),)*
                }
            }

            /// Whether it keeps the policy from compiling.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)*
                }
            }

            /// What it is, in one line.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }

            /// Why it matters, and what to do.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }
        }
    };
}

codes! {
    "0101" NotYaml Error "a file is not YAML"
    "The text cannot be read as YAML: a bracket is open, an indentation is uneven, a tab stands where spaces belong. Nothing in the file counts until it can be read."
    "0102" UnknownField Error "a field that the language does not have"
    "The document has a field with a name that nothing reads. A misspelt field would otherwise be a rule that silently does not hold."
    "0103" MissingField Error "a field that must be there is missing"
    "Every document says at least what it is about; what is decided names its legal basis and the day of its review, unless it is an emergency. The message names the field."
    "0104" WrongValue Error "a value of the wrong kind"
    "The field wants a date, a case number, a path, a list or one of a few words, and something else was written."
    "0105" TooMuch Error "a file beyond the limits"
    "A policy is written and read by people. Files larger than 1 MiB (64 MiB for a file of a list), deep nesting, anchors and aliases are refused, so that no file can exhaust the machine that reads it. Write a repeated value out."
    "0106" DuplicateField Error "a field or name is given twice in one document"
    "YAML would keep one of the two and nobody could say which. Keep the one that was meant."
    "0107" MisplacedFile Error "a file that the language does not know"
    "A policy directory holds `fyr.yaml`, `units.yaml`, `timetable.yaml`, and `*.yaml` below `decisions/`, `rules/`, `services/` and `lists/`. A file elsewhere would be read by nobody."
    "0108" MissingFile Error "a file that must be there is missing"
    "Every policy directory has `fyr.yaml` with the organisation and `units.yaml` with its units and groups. An empty one counts as missing."
    "0109" EmptyFile Warning "a file with nothing in it"
    "The file holds no document. Delete it, or write the document it was made for."
    "0110" NotText Error "a character that cannot be seen or is no text"
    "Control characters, marks without width and bytes that are not UTF-8 are shown by no editor, so nobody who reviews a policy would know of them; and a blank that is not the keyboard's indents nothing. Write the text again without them, and save the file as UTF-8."
    "0111" TurnsReading Error "a character that turns the order of reading round"
    "Unicode has marks that show the text after them from right to left. With one, a reviewer sees another policy than the one that holds, in a remark as well as in a value. Text in Arabic or Hebrew needs none of them."
    "0112" MixedAlphabets Warning "a letter of another alphabet in a word"
    "A Cyrillic `а` looks like a Latin `a`, and a name with one in it is another name: it matches nothing that was meant, or is meant to deceive. The message says which letter it is. To close such a name on purpose, write it in its `xn--` form."
    "0113" LookAlike Warning "a name that looks like one of the organisation's own"
    "Somebody who reads it takes it for where the organisation signs in, or for a service of the catalogue, and it is another name on the internet. Write the name that was meant."
    "0114" UnreadFile Warning "a file that nobody reads"
    "The file lies where documents of the policy lie, or has nearly the name of one, and only files that end in `.yaml` are read. What it says holds for nobody. Give it the ending, or keep it elsewhere; notes (`.md`) and what editors leave behind (`.bak`, `~`) are passed over quietly."

    "0201" DuplicateName Error "a name is used twice"
    "Rules, decisions, services and categories are spoken of by name across files; each name belongs to one."
    "0202" UnknownDecision Error "a decision that no file holds"
    "The rule cites a case number that no document under `decisions/` has. The number is compared as it is written."
    "0203" UnknownUnit Error "a unit that `units.yaml` does not have"
    "A path names a unit that is not in the tree, or whose parent is not. `/` is the organisation itself."
    "0204" UnknownStage Error "a stage or audience that does not exist"
    "Values and selections speak of the stages of `fyr.yaml`, of `pupils` and of `staff`."
    "0205" UnknownService Error "a service that the catalogue does not have"
    "`service:NAME` speaks of a document under `services/`."
    "0206" UnknownBody Error "a body that `fyr.yaml` does not have"
    "A decision is made by one of the organisation's bodies, so that its competence can be checked."
    "0207" NoStage Error "a group without a stage"
    "A group says either the year its pupils began school (`start`), and its stage follows from it and the date, or a fixed `stage`. It says neither or both; or no stage of `fyr.yaml` holds its grade."
    "0208" OverlappingStages Error "two stages hold the same grade"
    "A class would belong to both, and two values could hold for it. Every grade belongs to one stage at most."
    "0209" SelectsNoGroup Warning "a rule that is for no group"
    "No group of today is selected by the rule, or by one of the audiences it names, so it does nothing."
    "0210" SaysNothing Error "a rule that says nothing"
    "A rule has at least one setting or one site."

    "0211" NoReason Warning "a rule without a reason in the organisation's language"
    "Every rule says in words why it holds, in the first language of `fyr.yaml` at least: for the administrator who maintains it, and for the pupil who meets it. A rule that cites an emergency may leave it to the decision that follows. It is a warning, because no device should go unprotected for want of a sentence."

    "0212" UnnamedGroup Error "a group that cannot be named after its unit"
    "A group listed with its unit is called after the last part of the unit's path: `2024` at `/skoler/skovlunde` is `skovlunde-2024`. That name would be too long, or the unit is `/`. Name the group under `groups`."
    "0213" NoGuidance Error "a warning without guidance"
    "A site under `warn` opens once its guidance was read, so the rule says in `guidance`, in the first language of `fyr.yaml` at least, what to keep in mind there."
    "0214" GuidanceUnread Warning "guidance that nobody reads"
    "The rule has `guidance` and no site under `warn`, so it is shown nowhere."

    "0301" UnknownSetting Error "a setting that does not exist"
    "The name is not in the table of settings, nor a policy of a browser. `docs/reference/settings.md` lists every setting; the JSON Schema that `fyr schema` writes lets an editor complete the names."
    "0302" WrongSetting Error "a value that the setting does not take"
    "Browsers accept most wrong values without a word and then do nothing, so every value is checked before it is sent to one."
    "0303" WrongSite Error "not a site"
    "A site is `service:NAME` or a URL filter as Chromium writes it: `host`, `.host` for that host alone, `host/path`, `scheme://host`."
    "0304" InexpressibleSites Error "sites that a browser's flat lists cannot express"
    "Browsers rank filters by host and path and know no layers. The layered verdicts were turned into lists with the same verdicts, and for these two filters that is not possible, or takes too many entries. Write them with hosts and paths alone."

    "0305" Clash Error "two settings that no browser can have at once"
    "Both settings are enforced by the same policy of a browser and want it to have different values. Set one of them; a browser's own policy under its own name usually has a setting of the language that does the same."

    "0306" DoubtfulSite Warning "a site that is no site of the internet, or far more than one"
    "A word without an ending names nothing on the internet, and an ending such as `nu` or `co.uk` is every site whose name ends so. Write the whole name; where the word or the ending is meant as it stands, write it with its closing point."
    "0307" UndoesSetting Error "a browser's own policy that undoes a setting"
    "The browser's policy stands beside or below a setting and takes it back, wholly or for some sites: a list of exceptions, an extension that is forced in, a hidden preference. Browsers know no layers, so it would hold. Remove it; what must differ is for the rule that decides the setting, and for the units above it."
    "0308" ForTheOrganisation Error "a browser's own policy that only the organisation sets"
    "The browser's policy starts another program, loads code, trusts a certificate or takes policies from elsewhere. No other rule holds against that, so it is for a rule that is for `/`."

    "0401" WeakerThanFloor Error "weaker than the floor above"
    "A `minimum` bounds everything below it: a school, a class or a lesson may tighten it and never loosen it. Both places are shown. Use a value at least as strict, or ask the body above to change its rule."
    "0402" LockedAbove Error "changes what is locked above"
    "A `locked` rule admits no other value below, and what it or a `minimum` closes has no exception but those that are named where it stands or above. Remove the value, or ask the body above to change its rule."
    "0403" SameLayer Error "two rules of one unit disagree"
    "Both rules stand on the same unit and reach the same group, so neither outranks the other. The order of files never decides: say it in one of them."
    "0404" SiteBelowFloor Error "a verdict over a site that is bounded above"
    "A `locked` or `minimum` verdict holds for every URL below it, however specific a lower filter is. The lower verdict would do nothing, or would undo what was decided above."

    "0501" NoDecision Warning "a rule without a decision"
    "Every restriction stands on a decision: who decided, when, on what basis. Cite one with `decision:`."
    "0502" NotDecided Error "a decision that carries nothing"
    "A rejected proposal and a repealed decision stay on record, and no rule, no approval of a service and no hours may stand on them. A rule may cite a draft or a hearing: it is a proposal and does not hold. Hours may not: they are followed as they are written."
    "0503" NotCompetent Error "a body decides beyond its competence"
    "A body decides for its unit and what is below. A rule for a wider scope needs a decision of a body that is competent for it, and so do the approval of a service there, the hours and holidays there, and the end of what a wider body decided. A rule that cites no decision loosens nothing that was decided above it, and no decided floor from wherever it stands; and a status of a service in a part of the organisation takes it out of no floor that the body may not decide."
    "0504" ReviewOverdue Warning "a review is overdue"
    "The decision was to be looked at again by this date. Review it, and set the next date."
    "0505" NoDeadline Error "an emergency without a deadline"
    "An emergency measure goes into force at once, and says with `decide-by` when the decision must follow."
    "0506" DeadlinePassed Warning "an emergency measure awaits its decision too long"
    "The decision that had to follow is overdue. Decide it, or remove the rules that stand on it."
    "0507" NotYetInForce Warning "a decision that says it is in force, before its first day"
    "The rules of a decision hold from `from` on, or from its date where that is left out. The policy is compiled for an earlier day, so they do not hold on it; devices begin with them on that day by themselves, where it is within a year. Correct the day; or write `status: decided` until it has come."
    "0508" DaysBackwards Error "days of a decision that cannot follow one another"
    "A decision begins before it ends, is dated before it is reviewed, and begins after the decision that it replaces."
    "0509" AssessmentOld Warning "an impact assessment that is too old"
    "A data protection impact assessment is looked at again as the service and its use change. `dpia-limit-years` in `fyr.yaml` says how old a version may become; without it, three years."
    "0510" ErrorAhead Warning "an error on a day to come"
    "A decision or a rule begins or is over on that day, and the policy as it is written does not compile on it: nothing could be published any more, and devices would stay with what they have. The finding is the one that the day will bring, told while there is time. The next twelve such days are looked at, and of fifty behind them whether anything goes against a floor."
    "0511" FarDeadline Warning "an emergency whose decision is far away"
    "An emergency needs no legal basis and no review, because the body decides soon. One that may wait for more than three months would be a decision that nobody made."
    "0512" DaysNotLookedAt Warning "more days to come than are looked at"
    "A policy is looked at on the days to come on which rules begin or are over, so that nothing goes against a floor on a day that nobody thought of. Of so many days as here, the last are left for later: look at them by themselves, or take out rules that nobody needs yet."

    "0601" HelplineBlocked Error "a helpline is blocked"
    "Services of kind `helpline` help children directly. No rule closes them, not even in part."
    "0602" RecoveryBlocked Error "a host that must stay reachable is blocked"
    "Sign-in pages, and the hosts a device is repaired from, are listed under `always-reachable` in `fyr.yaml`. A device that cannot reach them cannot be helped."
    "0603" EscapeOpen Warning "a restriction that can be walked around"
    "The rule restricts something, and a way round it (a private window, a guest profile, another resolver) is open to the same group. Close it for that group, or say in a rule of its own why it stays open. The message names the ways, and the help the settings that close them. A way that a rule closes and a browser has no means to close is told as a gap."
    "0604" PersonalDevice Error "a device setting for devices brought from home"
    "The organisation rules over the account on a brought device, never over the device. Narrow the rule with `ownership: managed`."
    "0605" TooNewForBrowser Warning "a policy that the oldest browser does not know"
    "`browsers` in `fyr.yaml` says the oldest version of each browser that is still in use. A browser ignores a policy that came with a later version, without a word: there the setting does not hold. It is listed among the gaps too. Newer browsers obey it."
    "0606" SignInBlocked Error "a host that people sign in through is blocked"
    "`sign-in: { providers: […] }` in `fyr.yaml` names who signs people in, and Fyr knows which hosts that takes. A rule that closes one of them, even in part, locks the people of a group out of everything. Narrow the block, or allow the hosts in a rule that is as strong."
    "0607" ClassroomBlocked Warning "a host that teaching happens on is blocked"
    "`classroom: […]` in `fyr.yaml` names the platforms that teaching happens on. A rule closes a host that one of them needs. Narrow the block, or allow the host; where the group really does without it, say so in the rule's reason."
    "0608" UnknownPlatform Error "a sign-in or classroom that Fyr does not know"
    "Fyr knows the hosts of the platforms that it names, so that no rule can close them unnoticed. List the hosts of another one under `always-reachable`."
    "0609" IdentityBelowAge Warning "too young for a service, and signed in there"
    "The catalogue gives the service a minimum age. Pupils below it can watch it, and can appear there with the school account too: comment, upload, have a channel. Watching may be allowed; close the identity, or block the service. A group is as old as its youngest pupil."
    "0610" AccountUnreached Warning "an account rule that reaches nobody on devices brought from home"
    "The rule is over the account, and so may hold on a device brought from home. No target of this version reaches an account there: such devices get no bundle, and nothing that the rule says is in force on them. It is listed among the gaps too. Where managed devices alone are meant, say so with `ownership: managed`."

    "0701" NeverHolds Warning "something that never holds"
    "A rule says a value or a verdict, and every group that it is for has another one from a rule below, or from a narrower value beside it. Remove it; or make it `minimum` where it was meant as a bound that lower levels may only tighten."
    "0702" Repeats Warning "something that holds already"
    "A rule says what another rule above it or beside it says for the same groups, so nothing would change without it. Say it once, where it was decided. What is repeated below a `default` on purpose, so that it outlasts the default, is `minimum`. An allow where nothing is closed repeats nothing: it is a promise that nobody below may close the site."

    "0820" UnknownCategory Error "a category that no list declares"
    "`category:NAME` speaks of a document in `lists/lists.yaml`, which says where the category comes from and which files list its sites."
    "0821" MissingListFile Error "a file of a list that is not there"
    "A category names files, or directories of them, by their paths below `lists/`. Without its file the category would open everything that it closed yesterday."
    "0822" ListChanged Error "a list that is not what was reviewed"
    "The category says the SHA-256 of its files, and they have another. Either a file was changed unseen, or the list was updated: look at the change, and write the new digest."
    "0823" EmptyCategory Error "a category that lists nothing"
    "A rule over an empty category does nothing. It is usually a download that failed, or a list in a form that is none of domains, URL prefixes, hosts lines or adblock rules."
    "0824" UnnamedListFile Warning "a file below `lists/` that no category names"
    "Nothing reads the file, so nothing in it holds. Name it under the `files` of a category, or remove it."
    "0825" MuchDropped Warning "a list of which much was dropped"
    "More than a quarter of the list says nothing that a category of sites can hold: rules that hide parts of pages, patterns, public suffixes, text. `fyr lists` counts every reason and shows where. What says the same again is not counted."

    "0901" UnknownPeriod Error "a period that `timetable.yaml` does not have"
    "`during` names a period of `timetable.yaml`. A rule with another name would never hold."
    "0902" WrongHours Error "hours that no day has"
    "Hours are written from and until, `08:00-15:30`, within one day. A night has two parts: `22:00-24:00` of one day and `00:00-06:00` of the next. The hours of a day are apart from one another."
    "0903" WrongDays Error "days that no week has"
    "The days of the week are `mon` to `sun`, alone, in a list, or from one until another within a week from Monday to Sunday."
    "0904" WrongPeriod Error "a period that contradicts itself"
    "A period runs by the days of the week or on single days, and says so once; a first day does not come after the last. What it says twice, or not at all, is for people to settle."
    "0905" PeriodOver Warning "a period that never runs again"
    "All its days are over, or all lie in the holidays. What rules say during it no longer holds at any time: remove the period and the rules, or give it new days."
    "0906" PeriodUnused Warning "a period that no rule speaks of"
    "The period changes nothing. Remove it, or let a rule hold `during` it."
    "0907" OverlappingLessons Warning "two lessons of one group at one time"
    "The group's devices would follow both at once. Where their rules disagree that is an error; where they do not, somebody has probably mistaken a day or an hour."
    "0908" NoTime Warning "a rule whose time never comes"
    "Its last day is over, its days and those of its decision do not meet, or the period it holds during runs for none of the groups it is for. It does nothing: remove it, or correct its days or its period."
    "0909" UnknownTimeZone Error "a time zone that devices cannot follow"
    "The time zone is one of the IANA database's, such as `Europe/Copenhagen`. Devices are given its rule, so that they need neither a database nor the right zone themselves; a zone whose clocks follow no rule cannot be given."
    "0910" OtherHoursTwice Error "two exceptions of equal rank for one group"
    "A group with other hours has them from the exception of the lowest unit, and on one unit from the narrower selection. These two are equal, so nobody can say which counts."
    "0911" TooManyCombinations Error "more combinations of periods than a device carries"
    "For every combination of periods that can run at one time the group's devices carry a variant of their policy. Let one period have several days and hours instead of many periods that overlap."
    "0912" NothingToOverride Error "`overridable` on a rule that is no floor"
    "`overridable: lessons` lets a lesson go below a `minimum` for its time. What is `locked` admits no other value at all, and what is `default` may be changed by everybody below."

    "0913" DaysNotIncluded Warning "more days to come than a device carries"
    "A device is told a year ahead on which days rules and decisions begin and end, and carries a variant of its policy for each, and for every combination of periods that can run then. It carries as many as fit: the days of floors go before those of other rules, those of higher units before those of lower ones, and the next before later ones. The message names the first day that is left out, and every floor that begins or ends on such a day: publish the policy again before it, and the device is told."
    "0914" HoursTaken Error "time taken from a floor by those who may not decide it"
    "A floor holds while its period runs, so who decides the hours and the holidays decides the floor. A body that is not competent for the unit that the floor stands on may give its own unit more hours and never fewer: nor days off, nor a period of its own in the place of the one that was decided. Both places are shown."
    "0915" HoursUndecided Warning "hours that cite no decision, and a decided floor that hangs on them"
    "A `locked` or `minimum` rule that was decided holds during the period, and whoever writes its hours says when. Cite the decision behind the hours with `decision:`: on the period, or once for all of `timetable.yaml`."
    "0916" HoursNotInForce Warning "hours whose decision is not in force"
    "Hours and holidays are followed as they are written, whatever the days of the decision that they cite. That decision has not begun or is over, so on this day nobody has decided them."
    "0917" LessonWithoutEnd Error "a lesson that does not end within a year"
    "A rule during a lesson may go below a floor that is `overridable: lessons`, for its time alone. A lesson that goes on for good would end the floor instead. A lesson that begins later has a year from its first day on."
    "0918" LessonsTooLong Error "more lessons than a school day"
    "Lessons that a group has on one day come to more than eight hours. A floor that is `overridable: lessons` is meant to hold for most of the day, and lessons round the clock would leave nothing of it."

    "1001" HasLeft Warning "a class that has left school"
    "The class is past the last grade that its unit teaches, or that any stage holds. Its devices keep the stage of its last grade, so that nothing opens on 1 August by itself. Collect them, then remove the group; a unit that teaches fewer grades than the country's schools says which: `grades: F-9`."
    "1002" NotBegun Warning "a class that is far from beginning"
    "Devices are made ready in the year before a class begins; this one begins later. Until then they have the stage of its first grade."
    "1003" ServiceIncomplete Warning "an approved service whose entry is not complete"
    "What is approved was assessed, and the catalogue says what the assessment found: purpose, legal basis, security validation, decision and day of review; and where personal data are handled, the agreement with the processor, the impact assessment, and where the data go outside the EU (`none`, or where and on what ground)."
    "1004" ServiceOverdue Warning "an approved service past its day of review"
    "The approval was given until this day. Assess the service again, or let its status say that the approval has run out."
    "1005" StatusTwice Error "two statuses of a service for the same group"
    "Of several statuses the narrowest holds for a group: the deeper unit, then the one with more conditions. Two that are equally narrow cannot both hold."
    "1006" UnknownGroup Error "a group that does not exist"
    "`approved` in `units.yaml` names groups, and this one is not among them."
    "1007" HelplineLimited Error "a helpline with an age or an approval"
    "A helpline helps children directly. No minimum age and no guardian's approval stands before it."
    "1008" ApprovalUnasked Warning "an approval that nothing asks for"
    "The service needs no guardian's approval, so the approval changes nothing."
    "1009" LimitNotMet Warning "a service open to those who are too young for it"
    "The catalogue says what holds below a service's minimum age, or that a guardian approves it, and nothing makes it so for these groups. A rule that allows `service:NAME` opens it to those who may use it and closes it to the others; `signed-out` and `restricted` need a setting that browsers can hold."
    "1010" ApprovalNotInForce Warning "a service approved by a decision that is not in force"
    "An approval stands on the decision that the service cites. That decision is a proposal, has not begun or is over, so on this day nobody has approved the service. Cite the decision that does, or give the service the status that it has until then."
    "1011" DeniedOpened Warning "a denied service that a rule opens"
    "The rule opens `service:NAME`, and the catalogue says of the same groups that the service is `denied` or that its approval has `expired`. Of two files that contradict each other, one is wrong: take the service out of the rule, narrow the rule, or write the status that the service has by now. `services:approved` opens what is approved and nothing else."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a diagnostic code; they look like `FYR0401`")]
pub struct UnknownCode {
    text: String,
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownCode {
                text: text.chars().take(80).collect(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(Code::ALL.is_sorted_by(|a, b| a.as_str() < b.as_str()));
    }
}
