//! Verifies a publication as devices will, before anything of it is written.
//!
//! Metadata is verified once for all groups, a list once for all the bundles that close it: the work
//! grows with the number of groups and not with its square.

use std::collections::BTreeSet;

use fyr_schemas::bundle::{ClosedList, target_name};
use fyr_schemas::{CategoryId, Digest, GroupId};
use fyr_trust::{
    Answer, Clock, EnrolmentAuthority, Identity, Need, Refresh, Seen, TrustedState,
    VerifiedMetadata, VerifyError, Wanted as _,
};
use jiff::Timestamp;

use crate::content::Content;
use crate::repository_error::RepositoryError;

/// Verifies the metadata that `fetch` finds from the first root on, as a device that has just been
/// enrolled: it walks along every root. Expiry is judged at `now`.
pub(crate) fn metadata(
    first_root: &Digest,
    now: Timestamp,
    fetch: impl FnMut(&Need) -> Result<Answer, RepositoryError>,
) -> Result<Verified, RepositoryError> {
    let authority = EnrolmentAuthority {
        root: first_root.clone(),
    };
    let clock = Clock {
        system: now,
        build: Timestamp::MIN,
    };
    let refresh = Refresh::begin(
        &TrustedState::default(),
        &Seen::default(),
        &authority,
        clock,
    );
    let refreshed = refresh.drive(fetch, drop)?;
    Ok(Verified {
        metadata: VerifiedMetadata::of(&refreshed.state, &refreshed.seen)?,
        organisation: refreshed.document.organisation.clone(),
        first_root: first_root.clone(),
    })
}

/// Metadata that a device would believe.
pub(crate) struct Verified {
    metadata: VerifiedMetadata,
    organisation: fyr_schemas::OrganisationId,
    first_root: Digest,
}

impl Verified {
    /// Opens the bundle of every group as its devices will, each once, and its lists. `read` returns the
    /// bytes of a target that is listed with this digest, and `judge` judges the text of a closed list.
    pub(crate) fn bundles<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a GroupId>,
        read: impl Fn(&str, &Digest) -> Result<Vec<u8>, RepositoryError>,
        judge: impl Fn(&CategoryId, &ClosedList) -> Result<(), RepositoryError>,
    ) -> Result<(), RepositoryError> {
        let mut judged: BTreeSet<Digest> = BTreeSet::new();
        for group in groups {
            let wanted = Identity {
                root: self.first_root.clone(),
                organisation: self.organisation.clone(),
                group: group.clone(),
            };
            let digest = self.metadata.digest_of(&wanted)?;
            let bytes = read(&target_name(group), &digest)?;
            let bundle = self.metadata.open(&wanted, &bytes)?;
            for (category, closed) in Identity::lists(&bundle) {
                if !judged.contains(&closed.digest) {
                    judge(&category, &closed)?;
                    judged.insert(closed.digest);
                }
            }
        }
        Ok(())
    }
}

/// Refuses a list that was not judged when it became part of the content.
pub(crate) fn expect_judged(
    content: &Content,
    category: &CategoryId,
    closed: &ClosedList,
) -> Result<(), RepositoryError> {
    if content.has_judged(category, closed) {
        return Ok(());
    }
    Err(VerifyError::NotListed {
        document: fyr_schemas::bundle::list_target_name(category),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeMap;

    use fyr_schemas::bundle::{Bundle, FORMAT};

    use super::*;
    use crate::key::SigningKey;
    use crate::publication::{Authorities, Signers, publish};

    /// How many metadata files, bundles and lists are read to verify a publication of `groups`
    /// groups that all close one list.
    fn reads(groups: usize) -> (usize, usize, usize) {
        let names = "bet.example\n";
        let category: CategoryId = "gambling".parse().unwrap();
        let bundle = |number: usize| -> Bundle {
            serde_json::from_value(serde_json::json!({
                "format": FORMAT, "organisation": "ballerup", "group": format!("g{number}"),
                "unit": "/", "audience": "pupils", "stage": "indskoling", "decisions": {},
                "controls": [], "chromium": {}, "firefox": {}, "hosts": {},
                "closed": { "gambling": {
                    "digest": fyr_trust::digest(names.as_bytes()), "length": names.len(), "names": 1,
                } },
            }))
            .unwrap()
        };
        let keys = || vec![SigningKey::generate().unwrap()];
        let signers = Signers {
            root: keys(),
            targets: keys(),
            snapshot: keys(),
            timestamp: keys(),
        };
        let public = |keys: &[SigningKey]| keys.iter().map(SigningKey::public_key).collect();
        let authorities = Authorities {
            root: public(&signers.root),
            targets: public(&signers.targets),
            snapshot: public(&signers.snapshot),
            timestamp: public(&signers.timestamp),
        };
        let lists = BTreeMap::from([(category, names.to_owned())]);
        let content = Content::new((0..groups).map(bundle), lists, &authorities.targets).unwrap();
        let now = Timestamp::now();
        let publication = publish(None, &content, &authorities, &signers, now).unwrap();
        let files: BTreeMap<&str, &[u8]> = publication.files().collect();
        let fetched = Cell::new(0);
        let fetch = |need: &Need| {
            fetched.set(fetched.get() + 1);
            let found = files.get(need.path.as_str()).copied();
            let found = found.or_else(|| content.small(&need.path));
            Ok(found.map_or(Answer::NotFound, |bytes| Answer::Found(bytes.to_vec())))
        };
        let first_root = fyr_trust::digest(files["metadata/1.root.json"]);
        let (bundles, lists) = (Cell::new(0), Cell::new(0));
        let read = |target: &str, _: &Digest| {
            bundles.set(bundles.get() + 1);
            content.read(target).map_err(RepositoryError::Content)
        };
        let judge = |category: &CategoryId, closed: &ClosedList| {
            lists.set(lists.get() + 1);
            expect_judged(&content, category, closed)
        };
        let verified = metadata(&first_root, now, fetch).unwrap();
        verified.bundles(content.groups(), read, judge).unwrap();
        (fetched.get(), bundles.get(), lists.get())
    }

    #[test]
    fn metadata_and_lists_are_verified_once_however_many_groups_there_are() {
        let (metadata_of_one, ..) = reads(1);
        let (metadata, bundles, lists) = reads(40);
        assert_eq!(metadata, metadata_of_one);
        assert_eq!((bundles, lists), (40, 1));
    }
}
