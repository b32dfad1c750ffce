//! Texts for people that YAML's escapes put together: what a terminal would obey, and lines where
//! one is expected.

use fyr_policy_source::List;

use super::{Documents, InFile};
use crate::finding::{Diagnostic, Diagnostics, Document, Role};
use crate::source::Place;

/// How much room a text has where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// A cell or a heading.
    OneLine,
    /// As many lines as it takes.
    Lines,
}

/// Reads the texts of every document; `lists` are those whose files are not read yet.
pub(super) fn check(documents: &Documents, lists: &[InFile<List>], findings: &mut Diagnostics) {
    let mut report = |place: Place, field: &str, text: &str, room: Room| {
        findings.extend(fault(place, field, text, room));
    };
    if let Some(file) = &documents.organisation {
        let organisation = &file.document;
        let place = file.place(&organisation.organisation);
        report(place, "name", &organisation.name, Room::OneLine);
        for (id, body) in &organisation.bodies {
            report(file.place(id), "name", &body.name, Room::OneLine);
        }
    }
    if let Some(file) = &documents.units {
        for (path, unit) in &file.document.units {
            report(file.place(path), "name", &unit.name, Room::OneLine);
        }
    }
    if let Some(file) = &documents.timetable {
        for holiday in &file.document.holidays {
            let place = file.place(&holiday.name);
            report(place, "name", &holiday.name, Room::OneLine);
        }
    }
    for file in &documents.decisions {
        let (decision, place) = (&file.document, file.place(&file.document.decision));
        report(place, "title", &decision.title, Room::OneLine);
        report(place, "owner", &decision.owner, Room::OneLine);
        report(place, "purpose", &decision.purpose, Room::Lines);
        let basis = decision.legal_basis.as_deref().unwrap_or_default();
        report(place, "legal-basis", basis, Room::Lines);
    }
    for file in &documents.rules {
        let rule = &file.document;
        for (language, text) in &rule.why {
            report(file.place(language), "why", text, Room::Lines);
        }
        for (language, text) in &rule.guidance {
            report(file.place(language), "guidance", text, Room::Lines);
        }
    }
    for file in &documents.services {
        let (service, place) = (&file.document, file.place(&file.document.service));
        report(place, "name", &service.name, Room::OneLine);
        if let Some(vendor) = &service.vendor {
            report(place, "vendor", &vendor.name, Room::OneLine);
        }
    }
    for file in lists {
        let (list, place) = (&file.document, file.place(&file.document.category));
        for (language, title) in &list.title {
            report(file.place(language), "title", title, Room::OneLine);
        }
        report(place, "source", &list.source, Room::OneLine);
        report(place, "licence", &list.licence, Room::OneLine);
    }
}

fn fault(place: Place, field: &str, text: &str, room: Room) -> Option<Diagnostic> {
    // A block of YAML ends with a line end that is not part of the text.
    let mut letters = text.trim_end().chars();
    let unseen = letters.find(|letter| match letter {
        '\n' => room == Room::OneLine,
        '\t' => false,
        other => other.is_control(),
    })?;
    let field = field.to_owned();
    let found = match unseen {
        '\n' => Document::ManyLines { field },
        letter => Document::ControlCharacter { field, letter },
    };
    Some(Diagnostic::of(found).at(place, Role::WrittenHere))
}
