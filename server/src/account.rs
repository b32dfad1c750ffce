//! The desk where people log in: one task that owns the one-time link and the count of failed
//! attempts, and checks one password at a time, so that guessing stays slow and bounded.

use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::{mpsc, oneshot};

use fyr_schemas::printable::is_printable;

use crate::attempts::{Account, Attempts};
use crate::client::Client;
use crate::store::{AccountOutcome, NewAccount, NewSession, Store, StoreError};

/// How long a login lasts.
pub(crate) const SESSION: Duration = Duration::from_hours(12);

/// How many logins may wait in line: as many as may be open at once (`limits.rs`), and more.
const QUEUE: usize = 64;

const SHORTEST_PASSWORD: usize = 12;
const LONGEST_PASSWORD: usize = 256;
const LONGEST_NAME: usize = 64;

/// A random secret in hex: a session's cookie, or the code in a one-time link.
#[derive(Clone)]
pub(crate) struct Secret(String);

/// What a person typed.
pub(crate) struct Credentials {
    /// The account's name.
    pub(crate) name: String,
    /// Its password.
    pub(crate) password: String,
}

/// Why a login is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// Which of the two is not said.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many failed attempts from one client, or on one account.
    #[error("too many failed attempts; try again in {}", in_words(*_0))]
    TooMany(Duration),
    /// The link was used, or is not the one that was printed.
    #[error(
        "this link has been used, or is not the newest; start the server with `--account-link` for a new one"
    )]
    LinkUsed,
    /// The name cannot be one.
    #[error("a name has 1 to {LONGEST_NAME} characters on one line")]
    Name,
    /// The name is taken.
    #[error("another account has this name")]
    NameTaken,
    /// The password is too short or too long.
    #[error("a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")]
    Password,
    /// Too many people wait in line, or the desk is closed.
    #[error("too many logins at once; try again")]
    Busy,
    /// The store or the system failed; the log says why.
    #[error("the login could not be stored; try again")]
    Failed,
}

enum Request {
    LogIn(
        Client,
        Credentials,
        oneshot::Sender<Result<Secret, LoginError>>,
    ),
    Check(Client, Credentials, oneshot::Sender<Result<(), LoginError>>),
    SetUp(
        Client,
        Secret,
        Credentials,
        oneshot::Sender<Result<Secret, LoginError>>,
    ),
}

/// The way to the desk; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    queue: mpsc::Sender<Request>,
}

struct Clerk {
    store: Store,
    /// SHA-256 of the code in the one-time link, until it is used.
    link: Option<[u8; 32]>,
    attempts: Attempts,
}

impl Secret {
    /// 256 random bits.
    pub(crate) fn random() -> Result<Self, LoginError> {
        let mut bytes = [0; 32];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| LoginError::Failed)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// What a request gives as a secret.
    pub(crate) fn claimed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret itself, for the one it belongs to.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and compared in its place. Comparing digests tells nothing about the
    /// secret, however long it takes.
    pub(crate) fn digest(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl Desk {
    /// Opens the desk. `link` is the code of the one-time link, where one was printed.
    pub(crate) fn open(store: Store, link: Option<&Secret>) -> Self {
        let (queue, mut requests) = mpsc::channel(QUEUE);
        let mut clerk = Clerk {
            store,
            link: link.map(Secret::digest),
            attempts: Attempts::default(),
        };
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                clerk.serve(request).await;
            }
        });
        Self { queue }
    }

    /// Opens a session for a person with an account.
    pub(crate) async fn log_in(
        &self,
        client: Client,
        credentials: Credentials,
    ) -> Result<Secret, LoginError> {
        self.ask(|reply| Request::LogIn(client, credentials, reply))
            .await
    }

    /// Checks a name and password without opening a session.
    pub(crate) async fn check(
        &self,
        client: Client,
        credentials: Credentials,
    ) -> Result<(), LoginError> {
        self.ask(|reply| Request::Check(client, credentials, reply))
            .await
    }

    /// Makes an account by the one-time link, and opens its first session.
    pub(crate) async fn set_up(
        &self,
        client: Client,
        link: Secret,
        credentials: Credentials,
    ) -> Result<Secret, LoginError> {
        self.ask(|reply| Request::SetUp(client, link, credentials, reply))
            .await
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, LoginError>>) -> Request,
    ) -> Result<T, LoginError> {
        let (reply, answer) = oneshot::channel();
        self.queue
            .try_send(request(reply))
            .map_err(|_| LoginError::Busy)?;
        answer.await.map_err(|_| LoginError::Failed)?
    }
}

impl Clerk {
    async fn serve(&mut self, request: Request) {
        // Whoever went away needs no answer.
        match request {
            Request::LogIn(client, credentials, reply) => {
                drop(reply.send(self.log_in(client, credentials).await));
            }
            Request::Check(client, credentials, reply) => {
                drop(reply.send(self.check(client, credentials).await.map(drop)));
            }
            Request::SetUp(client, link, credentials, reply) => {
                drop(reply.send(self.set_up(client, &link, credentials).await));
            }
        }
    }

    async fn log_in(
        &mut self,
        client: Client,
        credentials: Credentials,
    ) -> Result<Secret, LoginError> {
        let name = self.check(client, credentials).await?;
        self.open_session(name).await
    }

    /// The account's name, when its password is right.
    async fn check(
        &mut self,
        client: Client,
        credentials: Credentials,
    ) -> Result<String, LoginError> {
        let Credentials { name, password } = credentials;
        let account: Account = sha256(&name);
        self.attempts
            .permit(client, &account, Instant::now())
            .map_err(LoginError::TooMany)?;
        let stored = self
            .store
            .password(&name)
            .await
            .map_err(|error| failed(&error))?;
        let is_right = verify(password, stored).await?;
        let now = Instant::now();
        if is_right {
            self.attempts.succeeded(client, account, now);
            return Ok(name);
        }
        self.attempts.failed(client, account, now);
        tracing::warn!(%client, "failed login");
        Err(LoginError::Wrong)
    }

    async fn set_up(
        &mut self,
        client: Client,
        link: &Secret,
        credentials: Credentials,
    ) -> Result<Secret, LoginError> {
        if self.link != Some(link.digest()) {
            return Err(LoginError::LinkUsed);
        }
        let Credentials { name, password } = credentials;
        let length = name.chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || !name.chars().all(is_printable) {
            return Err(LoginError::Name);
        }
        if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&password.chars().count()) {
            return Err(LoginError::Password);
        }
        let account = NewAccount {
            name: name.clone(),
            password: hash(password).await?,
            now: Timestamp::now(),
        };
        match self
            .store
            .make_account(account)
            .await
            .map_err(|error| failed(&error))?
        {
            AccountOutcome::NameTaken => Err(LoginError::NameTaken),
            AccountOutcome::Made => {
                self.link = None;
                let now = Instant::now();
                self.attempts.succeeded(client, sha256(&name), now);
                tracing::info!("account made; the one-time link is used");
                self.open_session(name).await
            }
        }
    }

    async fn open_session(&self, account: String) -> Result<Secret, LoginError> {
        let cookie = Secret::random()?;
        let now = Timestamp::now();
        let session = NewSession {
            token: cookie.digest(),
            account,
            now,
            expires: now.checked_add(SESSION).map_err(|_| LoginError::Failed)?,
        };
        self.store
            .open_session(session)
            .await
            .map_err(|error| failed(&error))?;
        Ok(cookie)
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    bytes
}

/// A wait as a person reads it: in seconds up to a minute and a half, then in minutes.
fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs() + 1;
    if seconds == 1 {
        "1 second".to_owned()
    } else if seconds < 90 {
        format!("{seconds} seconds")
    } else {
        format!("{} minutes", seconds.div_ceil(60))
    }
}

fn failed(error: &StoreError) -> LoginError {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "login not possible"
    );
    LoginError::Failed
}

/// The password as argon2id with a salt of its own, in PHC form.
async fn hash(password: String) -> Result<String, LoginError> {
    let mut salt = [0; 16];
    SystemRandom::new()
        .fill(&mut salt)
        .map_err(|_| LoginError::Failed)?;
    let hashed = tokio::task::spawn_blocking(move || {
        let salt = SaltString::encode_b64(&salt)?;
        Argon2::default()
            .hash_password(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
    });
    match hashed.await {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(_)) | Err(_) => Err(LoginError::Failed),
    }
}

/// Whether the password is the stored one. Takes as long when nothing is stored, so that the time
/// does not tell which names exist.
async fn verify(password: String, stored: Option<String>) -> Result<bool, LoginError> {
    let Some(stored) = stored else {
        hash(password).await?;
        return Ok(false);
    };
    let verified = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&stored).is_ok_and(|stored| {
            Argon2::default()
                .verify_password(password.as_bytes(), &stored)
                .is_ok()
        })
    });
    verified.await.map_err(|_| LoginError::Failed)
}
