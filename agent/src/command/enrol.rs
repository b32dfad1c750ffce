//! `fyr-agent enrol TOKEN`: the device's first trust.

use std::process::ExitCode;

use fyr_agent_files::plan::prepare;

use fyr_schemas::enrolment::{EnrolmentReceipt, EnrolmentRequest, EnrolmentToken};
use fyr_schemas::envelope::{Envelope, PayloadType};
use fyr_schemas::{DeviceId, GroupId, OrganisationId};
use fyr_trust::token::{ParseTokenError, TokenError};
use fyr_trust::{EnrolmentAuthority, Refresh, Seen, TrustedState, VerifyError, token};

use crate::client::{Server, ServerError};
use crate::fetch::FetchError;
use crate::hosts::Hosts;
use crate::key::{DeviceKey, KeyError, KeyLoss};
use crate::lock::{Lock, LockError};
use crate::presence::PresenceError;
use crate::root::{Extent, Root};
use crate::store::lists::Lists;
use crate::store::{Enrolment, Store, StoreError};
use crate::{clock, execute, fetch, observe, presence};

/// Why a device did not join.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    /// The line is no token.
    #[error(transparent)]
    Parse(#[from] ParseTokenError),
    /// No key that may sign tokens signed it, or it expired.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The state directory failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An agent runs.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The device has joined before.
    #[error(
        "this device is enrolled in group `{group}` of `{organisation}` already; remove `{state}` first to enrol it anew"
    )]
    Enrolled {
        group: GroupId,
        organisation: OrganisationId,
        state: String,
    },
    /// The token's server cannot be addressed.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// There is no key to sign with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key of an interrupted attempt cannot be used.
    #[error("this device cannot sign: {0}; remove `var/lib/fyr` and enrol it again")]
    Lost(KeyLoss),
    /// The system gave no event queue.
    #[error("cannot wait for the server")]
    Wait(#[from] std::io::Error),
    /// The repository does not say whose tokens count.
    #[error("cannot learn who may hand out tokens")]
    Authority(#[source] FetchError),
    /// The repository starts with another root than the token names.
    #[error(
        "the server at {server} publishes another repository than the one that this token names; check the address"
    )]
    OtherRepository { server: String },
    /// The server said no.
    #[error("the server does not take this device")]
    Refused(#[source] ServerError),
    /// The answer is about another device.
    #[error("the server answered for another device, `{named}`; ask its administrator")]
    OtherDevice { named: DeviceId },
    /// The browsers are not known.
    #[error(transparent)]
    Presence(#[from] PresenceError),
}

/// Joins the organisation that the token names.
///
/// The token says which root to begin with; that root vouches for the keys that vouch for the
/// token. Nothing is kept of a token that is not signed by them.
pub(crate) fn enrol(root: &Root, text: &str) -> Result<ExitCode, EnrolError> {
    let envelope = token::parse(text)?;
    let claimed = token::dangerous_unverified(&envelope)?;
    let store = Store::create(root)?;
    let _lock = Lock::take(root, store.directory())?;
    match store.enrolment() {
        Err(StoreError::NotEnrolled) => {}
        Ok(before) => {
            return Err(EnrolError::Enrolled {
                group: before.group,
                organisation: before.organisation,
                state: root.join("var/lib/fyr").display().to_string(),
            });
        }
        Err(error) => return Err(error.into()),
    }
    // What is wrong with this device is said before a use of the token is spent.
    let present = presence::look(root)?;
    let server = Server::new(&claimed.server)?;
    // A key that is there from an interrupted attempt is used again: the server knows it.
    let key = match DeviceKey::load(&store) {
        Ok(key) => key,
        Err(KeyLoss::Missing) => DeviceKey::generate(&store)?,
        Err(loss) => return Err(EnrolError::Lost(loss)),
    };
    let token = super::block_on(join(&server, &key, (&envelope, &claimed)))??;
    store.save_enrolment(&Enrolment {
        server: token.server,
        root: token.root,
        organisation: token.organisation.clone(),
        group: token.group.clone(),
        device: key.device(),
    })?;
    let mut hosts = Hosts::new(Lists::of(&store)?, &claimed.server);
    let actual = observe::observe(root, store.owner(), &present, Vec::new(), &mut hosts);
    execute::execute(root, &prepare(&actual), &hosts);
    super::say(format_args!(
        "enrolled as {} in group `{}` of `{}`\n",
        key.device(),
        token.group,
        token.organisation
    ));
    if root.extent() == Extent::Machine {
        super::say("start the agent: systemctl enable --now fyr-agent\n");
    }
    Ok(ExitCode::SUCCESS)
}

async fn join(
    server: &Server,
    key: &DeviceKey,
    (envelope, claimed): (&Envelope, &EnrolmentToken),
) -> Result<EnrolmentToken, EnrolError> {
    let authority = EnrolmentAuthority {
        root: claimed.root.clone(),
    };
    let (state, seen) = (TrustedState::default(), Seen::default());
    let begun = Refresh::begin(&state, &seen, &authority, clock::read());
    let refreshed = fetch::refresh_unstored(server, begun)
        .await
        .map_err(|error| match error {
            FetchError::Refused(VerifyError::WrongRoot { .. }) => EnrolError::OtherRepository {
                server: claimed.server.clone(),
            },
            FetchError::Refused(_) | FetchError::OutOfReach(_) | FetchError::Unkept(_) => {
                EnrolError::Authority(error)
            }
        })?;
    let now = clock::read().device_time(&refreshed.seen).expiry;
    let token = token::verify(envelope, refreshed.document.value(), now)?;
    let request = EnrolmentRequest {
        token: envelope.clone(),
        public_key: hex::encode(key.public()),
    };
    let sealed = key.seal(PayloadType::EnrolmentRequest, &json(&request));
    let receipt: EnrolmentReceipt = server
        .post("api/v1/enrol", json(&sealed), "receipt")
        .await
        .map_err(EnrolError::Refused)?;
    if receipt.device != key.device() {
        return Err(EnrolError::OtherDevice {
            named: receipt.device,
        });
    }
    Ok(token)
}

#[expect(
    clippy::expect_used,
    reason = "texts, numbers and lists always serialise"
)]
fn json(document: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("plain data serialises")
}
