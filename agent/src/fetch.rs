//! Where fetching and verifying meet: drives a refresh to its end.

use fyr_trust::{Answer, Floor, Need, Refresh, Refreshed, Step, TrustedState, VerifyError, Wanted};

use crate::client::{Server, ServerError};
use crate::clock;
use crate::store::StoreError;
use crate::store::lists::Lists;

/// Why a refresh did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The repository gave no answer. Nothing is known about it.
    #[error("the repository is out of reach")]
    OutOfReach(#[source] ServerError),
    /// A list that it offered cannot be stored.
    #[error("a list of the new policy cannot be kept")]
    Unkept(#[source] StoreError),
    /// What it offered was refused.
    #[error("what the repository offers was refused")]
    Refused(#[source] VerifyError),
}

/// What a refresh begins with.
#[derive(Debug)]
pub(crate) struct Believed {
    pub(crate) state: TrustedState,
    pub(crate) floor: Floor,
    pub(crate) lists: Lists,
}

/// Walks the repository of `server`, keeps the lists that are new, and returns what can be believed.
pub(crate) async fn refresh<W: Wanted>(
    server: &Server,
    wanted: &W,
    believed: &Believed,
) -> Result<Refreshed<W::Document>, FetchError> {
    let Believed {
        state,
        floor,
        lists,
    } = believed;
    let begun = Refresh::begin(state, floor, wanted, clock::read()).holding(lists.held());
    let mut step = Step::Needs(begun);
    loop {
        step = match step {
            Step::Needs(refresh) => {
                let answer = ask(server, &refresh.need()).await?;
                refresh.supply(answer).map_err(FetchError::Refused)?
            }
            Step::Keep(list, next) => {
                lists.keep(&list).map_err(FetchError::Unkept)?;
                *next
            }
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
