//! Where fetching and verifying meet: fetches what a refresh needs, one file after the other.

use fyr_trust::{Answer, Need, Refresh, Refreshed, Step, VerifyError, Wanted};
use reqwest::StatusCode;

use crate::client::{Server, ServerError};
use crate::store::StoreError;

/// Why a refresh did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The repository gave no answer. Nothing is known about it.
    #[error("the repository is out of reach")]
    OutOfReach(#[source] ServerError),
    /// A list that it offered cannot be stored.
    #[error("a list of the new policy cannot be stored")]
    Unkept(#[source] StoreError),
    /// What it offered was refused.
    #[error("what the repository offers was refused")]
    Refused(#[source] VerifyError),
}

/// Fetches the file that a refresh waits for, and says how it goes on. What the next step keeps is
/// to be stored before it is fetched for again.
pub(crate) async fn step<W: Wanted>(
    server: &Server,
    refresh: Refresh<W>,
) -> Result<Step<W>, FetchError> {
    let answer = ask(server, &refresh.need()).await?;
    refresh.supply(answer).map_err(FetchError::Refused)
}

/// Refreshes to the end and stores nothing: for a device that has not joined yet.
pub(crate) async fn refresh_unstored<W: Wanted>(
    server: &Server,
    begun: Refresh<W>,
) -> Result<Refreshed<W::Document>, FetchError> {
    let mut next = Step::Needs(begun);
    loop {
        next = match next {
            Step::Needs(refresh) => step(server, refresh).await?,
            Step::Keep(_, next) => (*next).map_err(FetchError::Refused)?,
            Step::Done(refreshed) => return Ok(refreshed),
        }
    }
}

async fn ask(server: &Server, need: &Need) -> Result<Answer, FetchError> {
    let path = format!("repository/{}", need.path);
    match server.get(&path, need.max_length).await {
        Ok(Some(bytes)) => Ok(Answer::Found(bytes)),
        Ok(None) => Ok(Answer::NotFound),
        // An object store that may not be listed answers so for a file that it does not have.
        Err(ServerError::Status { status, .. })
            if need.may_be_absent && status == StatusCode::FORBIDDEN =>
        {
            Ok(Answer::NotFound)
        }
        Err(error) => Err(FetchError::OutOfReach(error)),
    }
}
