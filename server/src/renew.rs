//! Renews the two short-lived roles every hour, so that devices keep believing a policy that has
//! not changed. Snapshot and timestamp are the only keys the server ever opens.
//!
//! Each renewal opens the keys anew, so a key that was replaced counts without a restart. How the last
//! one went is shown on the page and in the metrics.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use fyr_seal::{
    KeyDirectory, KeyDirectoryError, Passphrase, PassphraseFileError, Repository, RepositoryError,
    Role, Signers, SigningClock, SigningKey,
};

use crate::watch::Published;

const EVERY: Duration = Duration::from_hours(1);

/// After a failure the next attempt comes sooner.
const AFTER_FAILURE: Duration = Duration::from_mins(1);

/// What a renewal needs.
#[derive(Clone)]
pub(crate) struct Renewal {
    repository: Repository,
    keys: KeyDirectory,
    passphrase: Passphrase,
    clock_is_right: bool,
}

/// How the last renewal went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Renewed {
    /// This server has no online keys.
    NotHere,
    /// Nothing is published yet, and the directory can be written.
    Waiting,
    /// It succeeded.
    At(Timestamp),
    /// It failed, for the first time then; the reason is for people.
    Failing { since: Timestamp, reason: String },
}

/// The state of the renewal, for the page and the metrics.
pub(crate) type RenewalState = watch::Receiver<Renewed>;

/// Why the online keys could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// The file or credential holds no passphrase, or others can read it.
    #[error(transparent)]
    Passphrase(#[from] PassphraseFileError),
    /// The place of the passphrase is not given.
    #[error(
        "the online keys need their passphrase: give `--passphrase-file`, or the systemd \
         credential `fyr-passphrase`"
    )]
    NoPassphrase,
    /// The key directory cannot be read, or a key does not open.
    #[error("cannot open the {role} key in `{path}`")]
    Open {
        /// Which role's.
        role: Role,
        /// Where.
        path: PathBuf,
        /// Why.
        source: KeyDirectoryError,
    },
    /// A role has no key there.
    #[error("`{path}` holds no {role} key: make one with `fyr key new {role} --keys DIR`")]
    Missing {
        /// Which role.
        role: Role,
        /// Where.
        path: PathBuf,
    },
    /// The repository could not be read, signed or written.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Renewal {
    /// Opens the snapshot and timestamp keys once, so that a wrong passphrase ends the start. Slow on
    /// purpose: each is protected by scrypt.
    pub(crate) fn open(
        repository: PathBuf,
        keys: PathBuf,
        passphrase: Passphrase,
        clock_is_right: bool,
    ) -> Result<Self, RenewalError> {
        let renewal = Self {
            repository: Repository::at(repository),
            keys: KeyDirectory::at(keys),
            passphrase,
            clock_is_right,
        };
        renewal.signers()?;
        Ok(renewal)
    }

    /// Renews now, every hour, sooner after a failure, and when something is published first, until
    /// `stop` becomes true.
    pub(crate) async fn run(
        self,
        mut published: Published,
        state: watch::Sender<Renewed>,
        mut stop: watch::Receiver<bool>,
    ) {
        let renewed_forever = async {
            loop {
                let renewal = self.clone();
                let outcome = tokio::task::spawn_blocking(move || renewal.renew()).await;
                let outcome = outcome.unwrap_or_else(|error| {
                    tracing::error!(%error, "the renewal broke off");
                    Outcome::Failed("the renewal broke off".to_owned())
                });
                let pause = match &outcome {
                    Outcome::Renewed(_) => EVERY,
                    Outcome::Nothing | Outcome::Failed(_) => AFTER_FAILURE,
                };
                let waits = outcome == Outcome::Nothing;
                state.send_modify(|state| *state = state.after(outcome, Timestamp::now()));
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    first = published.wait_for(Option::is_some), if waits => {
                        if first.is_err() {
                            return;
                        }
                    }
                }
            }
        };
        tokio::select! {
            () = renewed_forever => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    fn renew(&self) -> Outcome {
        let renewed = self.signers().and_then(|signers| {
            self.repository.expect_writable()?;
            let clock = SigningClock::of_this_machine(self.clock_is_right);
            Ok(self.repository.renew(&signers, clock)?)
        });
        match renewed {
            Ok(published) => {
                tracing::info!(expires = %published.expires(), "metadata renewed");
                Outcome::Renewed(Timestamp::now())
            }
            Err(RenewalError::Repository(RepositoryError::NothingPublished(_))) => Outcome::Nothing,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "metadata not renewed; devices believe it until it expires",
                );
                Outcome::Failed(chain(&error))
            }
        }
    }

    fn signers(&self) -> Result<Signers, RenewalError> {
        Ok(Signers {
            snapshot: self.unlock(Role::Snapshot)?,
            timestamp: self.unlock(Role::Timestamp)?,
            ..Signers::default()
        })
    }

    fn unlock(&self, role: Role) -> Result<Vec<SigningKey>, RenewalError> {
        let failed = |source| RenewalError::Open {
            role,
            path: self.keys.path().to_owned(),
            source,
        };
        let names = self.keys.private_keys(role).map_err(failed)?;
        if names.is_empty() {
            return Err(RenewalError::Missing {
                role,
                path: self.keys.path().to_owned(),
            });
        }
        names
            .iter()
            .map(|name| self.keys.unlock(name, &self.passphrase).map_err(failed))
            .collect()
    }
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Renewed(Timestamp),
    Nothing,
    Failed(String),
}

impl Renewed {
    /// Why renewals fail now, in a sentence with its time; `None` where they do not.
    pub(crate) fn failure(&self) -> Option<(Timestamp, &str)> {
        match self {
            Self::Failing { since, reason } => Some((*since, reason)),
            Self::NotHere | Self::Waiting | Self::At(_) => None,
        }
    }

    /// The state after an attempt.
    fn after(&self, outcome: Outcome, now: Timestamp) -> Self {
        match (outcome, self) {
            (Outcome::Renewed(at), _) => Self::At(at),
            (Outcome::Nothing, _) => Self::Waiting,
            (Outcome::Failed(reason), Self::Failing { since, .. }) => Self::Failing {
                since: *since,
                reason,
            },
            (Outcome::Failed(reason), Self::NotHere | Self::Waiting | Self::At(_)) => {
                Self::Failing { since: now, reason }
            }
        }
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_the_moment_it_began_until_a_renewal_succeeds() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let failed = || Outcome::Failed("no".to_owned());
        let first = Renewed::Waiting.after(failed(), at(1));
        let second = first.after(failed(), at(2));
        assert_eq!(first, second);
        let repaired = second.after(Outcome::Renewed(at(3)), at(3));
        assert_eq!(repaired, Renewed::At(at(3)));
        let again = repaired.after(failed(), at(4));
        assert!(matches!(again, Renewed::Failing { since, .. } if since == at(4)));
    }
}
