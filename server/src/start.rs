//! Puts a server together from its options, and takes it down again in order.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fyr_seal::Passphrase;
use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::access::{Access, AccessError};
use crate::account::{Desk, Secret};
use crate::app::{App, Parts};
use crate::certificate::Certificate;
use crate::listen::{self, Door, Hall, ListenError};
use crate::metrics::Metrics;
use crate::options::Options;
use crate::places::Places;
use crate::renew::{Renewal, RenewalError, Renewed};
use crate::router;
use crate::store::{OpenError, OpenStore, Store, Surroundings};
use crate::watch::{Found, Watch};

/// How long the last writes may take after the last request was answered.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It must not listen at this address without protection.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Its state cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// It cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Its online keys cannot be opened.
    #[error(transparent)]
    Renewal(#[from] RenewalError),
    /// The accounts cannot be read, or no one-time link can be made.
    #[error("cannot look for accounts in the database")]
    Accounts,
}

/// A server that is bound and ready to serve.
pub struct Running {
    /// Where it is reached: `http://127.0.0.1:8470`.
    pub url: String,
    /// The address that makes an account, once.
    pub account_link: Option<String>,
    door: Door,
    hall: Hall,
    stop: watch::Sender<bool>,
    writer: JoinHandle<()>,
    /// Keeps a second server out of the state directory.
    lock: File,
}

/// Opens everything the server needs; after this it is reachable once it is served.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let access = Access::decide(&options)?;
    let (count_change, changes) = watch::channel(0);
    let (stop, stopped) = watch::channel(false);
    let (watch, found) = Watch::begin(&options.repository, count_change.clone()).await;
    let Found {
        announced,
        published,
        looked,
        looker,
    } = found;
    let surroundings = Surroundings {
        changes: count_change,
        published: published.clone(),
        keep_reports: SignedDuration::from_hours(24 * i64::from(options.keep_reports)),
    };
    let OpenStore {
        store,
        writer,
        lock,
    } = Store::open(&options.state, surroundings).await?;
    let renewal = open_renewal(&options)?;
    let (renewed, renewal_state) = watch::channel(match renewal {
        Some(_) => Renewed::Waiting,
        None => Renewed::NotHere,
    });
    let link = one_time_link(&store, &access, options.account_link).await?;
    let (door, certificate) = Door::open(&options).await?;
    let url = door.url();
    let base = access.origin().unwrap_or(&url).to_owned();
    let places = Arc::new(Places::new(listen::raise_file_limit()));
    let app = App::new(Parts {
        desk: Desk::open(store.clone(), link.as_ref()),
        access: access.clone(),
        places: Arc::clone(&places),
        certificate: certificate.as_ref().map(Certificate::state),
        store,
        repository: options.repository,
        announced,
        published,
        looked,
        renewal: renewal_state,
        looker,
        changes,
        stop: stopped,
        metrics: Metrics::new(),
    });
    tokio::spawn(watch.run());
    if let Some(certificate) = certificate {
        tokio::spawn(certificate.run());
    }
    if let Some(renewal) = renewal {
        tokio::spawn(renewal.run(app.published.clone(), renewed, app.stop.clone()));
    }
    Ok(Running {
        account_link: link.map(|code| format!("{base}/setup?link={}", code.reveal())),
        url,
        door,
        hall: Hall {
            router: router::router(app),
            places,
            access,
        },
        stop,
        writer,
        lock,
    })
}

/// The online keys, where the server was given any.
fn open_renewal(options: &Options) -> Result<Option<Renewal>, RenewalError> {
    let Some(keys) = &options.online_keys else {
        return Ok(None);
    };
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
    let passphrase = match (&options.passphrase_file, credentials) {
        (Some(file), _) => Some(Passphrase::from_file(file)?),
        (None, Some(directory)) => Passphrase::from_credential(Path::new(&directory))?,
        (None, None) => None,
    };
    let passphrase = passphrase.ok_or(RenewalError::NoPassphrase)?;
    let (repository, keys) = (options.repository.clone(), keys.clone());
    Renewal::open(repository, keys, passphrase, options.clock_is_right).map(Some)
}

/// The code of a one-time link, where a person needs one to log in.
async fn one_time_link(
    store: &Store,
    access: &Access,
    asked: bool,
) -> Result<Option<Secret>, StartError> {
    let wanted = asked || access.needs_login() && !has_account(store).await?;
    wanted
        .then(Secret::random)
        .transpose()
        .map_err(|_| StartError::Accounts)
}

/// Whether there is an account. While the disk is full there may be one; the next start looks.
async fn has_account(store: &Store) -> Result<bool, StartError> {
    match store.has_account().await {
        Ok(has_account) => Ok(has_account),
        Err(_) if store.trouble().is_some() => Ok(true),
        Err(_) => Err(StartError::Accounts),
    }
}

impl Running {
    /// Serves until `end` is done, then answers what is open and settles what is being written.
    pub async fn serve(self, end: impl Future<Output = ()> + Send + 'static) {
        let Self {
            door,
            hall,
            stop,
            writer,
            lock,
            ..
        } = self;
        let stopped = stop.subscribe();
        tokio::spawn(async move {
            end.await;
            tracing::info!("stopping");
            stop.send_replace(true);
        });
        door.serve(hall, stopped).await;
        // Every way to the store went with the router; the writer ends when the last is gone.
        if tokio::time::timeout(LAST_WRITES, writer).await.is_err() {
            tracing::warn!("the database was not closed; it recovers at the next start");
        }
        drop(lock);
    }
}
