//! `fyr-agent enrol TOKEN`: the device's first trust.

use std::process::ExitCode;

use anyhow::Context as _;
use fyr_agent_core::plan::prepare;
use fyr_schemas::DeviceId;
use fyr_schemas::enrolment::{EnrolmentReceipt, EnrolmentRequest, EnrolmentToken};
use fyr_schemas::envelope::{Envelope, PayloadType};
use fyr_trust::{EnrolmentAuthority, Floor, TrustedState, token};

use crate::client::Server;
use crate::key::DeviceKey;
use crate::lock::Lock;
use crate::root::Root;
use crate::store::{Enrolment, Store, StoreError};
use crate::{clock, execute, fetch, observe, presence};

/// Joins the organisation that the token names.
///
/// The token says which root to begin with; that root vouches for the keys that vouch for the
/// token. Nothing is kept of a token that is not signed by them.
pub(crate) fn enrol(root: &Root, text: &str) -> anyhow::Result<ExitCode> {
    let envelope = token::parse(text)?;
    let claimed = token::dangerous_unverified(&envelope)?;
    let store = Store::create(root)?;
    let _lock = Lock::take(root, store.directory())?;
    match store.enrolment() {
        Err(StoreError::NotEnrolled) => {}
        Ok(before) => anyhow::bail!(
            "this device is enrolled in group `{}` of `{}` already; remove `{}` first to enrol it anew",
            before.group,
            before.organisation,
            root.join("var/lib/fyr").display()
        ),
        Err(error) => return Err(error.into()),
    }
    let server = Server::new(&claimed.server)?;
    // A key that is there from an interrupted attempt is used again: the server knows it.
    let key = match DeviceKey::load(&store)? {
        Some(key) => key,
        None => DeviceKey::generate(&store)?,
    };
    let token = super::block_on(join(&server, &key, &envelope, &claimed))??;
    store.save_enrolment(&Enrolment {
        server: token.server,
        root: token.root,
        organisation: token.organisation.clone(),
        group: token.group.clone(),
        device: key.device(),
    })?;
    let present = presence::look(root)?;
    let actual = observe::observe(root, store.owner(), &present, Vec::new());
    execute::execute(root, &prepare(&actual));
    println!(
        "enrolled as {} in group `{}` of `{}`",
        key.device(),
        token.group,
        token.organisation
    );
    Ok(ExitCode::SUCCESS)
}

async fn join(
    server: &Server,
    key: &DeviceKey,
    envelope: &Envelope,
    claimed: &EnrolmentToken,
) -> anyhow::Result<EnrolmentToken> {
    let clock = clock::read();
    let authority = EnrolmentAuthority {
        root: claimed.root.clone(),
    };
    let nothing = (TrustedState::default(), Floor::default());
    let refreshed = fetch::refresh(server, &nothing.0, &nothing.1, &authority, clock)
        .await
        .context("cannot learn who may hand out tokens")?;
    let now = clock.trusted(&refreshed.floor).now;
    let token = token::verify(envelope, refreshed.document.value(), now)?;
    let request = EnrolmentRequest {
        token: envelope.clone(),
        public_key: hex::encode(key.public()),
    };
    let sealed = key.seal(
        PayloadType::EnrolmentRequest,
        &serde_json::to_vec(&request)?,
    );
    let receipt: EnrolmentReceipt = server
        .post("api/v1/enrol", serde_json::to_vec(&sealed)?, "receipt")
        .await
        .context("the server does not take this device")?;
    ensure_own(&receipt.device, &key.device())?;
    Ok(token)
}

fn ensure_own(named: &DeviceId, own: &DeviceId) -> anyhow::Result<()> {
    anyhow::ensure!(
        named == own,
        "the server calls this device `{named}` and its key says `{own}`; this is another server's answer"
    );
    Ok(())
}
