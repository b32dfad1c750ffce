//! What is to be enforced at a moment: a verified bundle, as its timetable has it then.

use std::borrow::Cow;

use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::PeriodsInForce;
use fyr_schemas::{Digest, Revision};
use fyr_trust::Verified;
use jiff::Timestamp;

/// A verified bundle as it is while the periods of a moment run: what is planned and assessed.
#[derive(Debug, Clone)]
pub struct InForce<'a> {
    bundle: Cow<'a, Bundle>,
    revision: Revision,
    digest: &'a Digest,
    periods: Option<PeriodsInForce>,
}

impl<'a> InForce<'a> {
    /// What a bundle asks for at a moment. It takes nothing but the bundle and the moment, so a
    /// device needs no network to pass from one period into the next.
    pub fn at(verified: &'a Verified<Bundle>, now: Timestamp) -> Self {
        Self {
            bundle: verified.value().in_force(now),
            revision: verified.revision(),
            digest: verified.digest(),
            periods: periods(verified.value(), now),
        }
    }

    /// A bundle that was not verified, for tests. A test of the sources refuses it elsewhere.
    pub fn dangerous_unsigned(bundle: &'a Bundle, revision: Revision, digest: &'a Digest) -> Self {
        Self {
            bundle: Cow::Borrowed(bundle),
            revision,
            digest,
            periods: None,
        }
    }

    /// What is to be enforced.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The revision that it was verified under.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// SHA-256 of the bundle's bytes, which hold for all its periods.
    pub fn digest(&self) -> &Digest {
        self.digest
    }

    /// The periods that run, and until when; absent without a timetable.
    pub fn periods(&self) -> Option<&PeriodsInForce> {
        self.periods.as_ref()
    }
}

fn periods(bundle: &Bundle, now: Timestamp) -> Option<PeriodsInForce> {
    let timetable = bundle.timetable.as_ref()?;
    Some(PeriodsInForce {
        running: timetable.running(now),
        until: timetable.next_change(now),
    })
}
