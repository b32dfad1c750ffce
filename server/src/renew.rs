//! Renews the two short-lived roles every hour, so that devices keep believing a policy that has
//! not changed. Snapshot and timestamp are the only keys the server ever opens.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use fyr_seal::{
    KeyDirectory, KeyDirectoryError, Passphrase, PassphraseFileError, Repository, RepositoryError,
    Role, Signers, SigningKey,
};

use crate::watch::Published;

const EVERY: Duration = Duration::from_hours(1);

/// The online keys, opened.
pub(crate) struct Renewal {
    repository: Repository,
    signers: Signers,
}

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
}

impl Renewal {
    /// Opens the snapshot and timestamp keys. Slow on purpose: each is protected by scrypt.
    pub(crate) fn open(
        repository: &Path,
        keys: &Path,
        passphrase: &Passphrase,
    ) -> Result<Self, RenewalError> {
        let directory = KeyDirectory::at(keys);
        Ok(Self {
            repository: Repository::at(repository),
            signers: Signers {
                snapshot: unlock(&directory, Role::Snapshot, passphrase)?,
                timestamp: unlock(&directory, Role::Timestamp, passphrase)?,
                ..Signers::default()
            },
        })
    }

    /// Renews now and every hour, once there is something to renew, until `stop` becomes true.
    pub(crate) async fn run(self, mut published: Published, mut stop: watch::Receiver<bool>) {
        let renewed_forever = async {
            if published.wait_for(Option::is_some).await.is_err() {
                return;
            }
            let mut ticks = tokio::time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut renewal = self;
            loop {
                ticks.tick().await;
                let renewed = tokio::task::spawn_blocking(move || {
                    let renewed = renewal.renew();
                    (renewal, renewed)
                });
                match renewed.await {
                    Ok((returned, renewed)) => {
                        renewal = returned;
                        tell(renewed);
                    }
                    Err(error) => {
                        tracing::error!(%error, "renewal broke off and is given up");
                        return;
                    }
                }
            }
        };
        tokio::select! {
            () = renewed_forever => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    fn renew(&self) -> Result<Timestamp, RepositoryError> {
        self.repository
            .renew(&self.signers, Timestamp::now())
            .map(|published| published.expires())
    }
}

fn tell(renewed: Result<Timestamp, RepositoryError>) {
    match renewed {
        Ok(expires) => tracing::info!(%expires, "metadata renewed"),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "metadata not renewed; devices keep believing it until it expires",
        ),
    }
}

fn unlock(
    directory: &KeyDirectory,
    role: Role,
    passphrase: &Passphrase,
) -> Result<Vec<SigningKey>, RenewalError> {
    let failed = |source| RenewalError::Open {
        role,
        path: directory.path().to_owned(),
        source,
    };
    let names = directory.private_keys(role).map_err(failed)?;
    if names.is_empty() {
        return Err(RenewalError::Missing {
            role,
            path: directory.path().to_owned(),
        });
    }
    names
        .iter()
        .map(|name| directory.unlock(name, passphrase).map_err(failed))
        .collect()
}
