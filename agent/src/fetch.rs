//! Where fetching and verifying meet: drives a refresh to its end.

use fyr_trust::{
    Answer, Clock, Floor, Need, Refresh, Refreshed, Step, TrustedState, VerifyError, Wanted,
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
    let mut step = Step::Needs(Refresh::begin(stored, floor, wanted, clock));
    loop {
        step = match step {
            Step::Needs(refresh) => {
                let answer = ask(server, &refresh.need()).await?;
                refresh.supply(answer).map_err(FetchError::Refused)?
            }
            Step::Keep(_, next) => *next,
            Step::Done(refreshed) => return Ok(refreshed),
        }
    }
}

async fn ask(server: &Server, need: &Need) -> Result<Answer, FetchError> {
    let path = format!("repository/{}", need.path);
    match server.get(&path, need.max_length).await {
        Ok(Some(bytes)) => Ok(Answer::Found(bytes)),
        Ok(None) => Ok(Answer::NotFound),
        Err(error) => Err(FetchError::OutOfReach(error)),
    }
}
