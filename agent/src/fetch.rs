//! Where fetching and verifying meet: drives a refresh to its end.

use fyr_trust::{
    Answer, Clock, Floor, Refresh, Refreshed, Step, TrustedState, VerifyError, Wanted,
};

use crate::client::{Server, ServerError};

/// Why a refresh did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The repository gave no answer. Nothing is known about it.
    #[error("the repository is out of reach")]
    OutOfReach(#[source] ServerError),
    /// What it offered was refused.
    #[error("what the repository offers was refused")]
    Refused(#[source] VerifyError),
}

/// Walks the repository of `server` and returns what can be believed.
pub(crate) async fn refresh<W: Wanted>(
    server: &Server,
    stored: &TrustedState,
    floor: &Floor,
    wanted: &W,
    clock: Clock,
) -> Result<Refreshed<W::Document>, FetchError> {
    let mut refresh = Refresh::begin(stored, floor, wanted, clock);
    loop {
        let need = refresh.need();
        let path = format!("repository/{}", need.path);
        let answer = match server.get(&path, need.max_length).await {
            Ok(Some(bytes)) => Answer::Found(bytes),
            Ok(None) => Answer::NotFound,
            Err(error) => return Err(FetchError::OutOfReach(error)),
        };
        match refresh.supply(answer).map_err(FetchError::Refused)? {
            Step::Needs(further) => refresh = further,
            Step::Done(refreshed) => return Ok(refreshed),
        }
    }
}
