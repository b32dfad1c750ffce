//! The accounts that may see the dashboard, and their sessions, as they are stored.

use jiff::Timestamp;
use sqlx::Error;
use sqlx::sqlite::SqliteTransaction;
use tokio::sync::oneshot;

use super::{Settled, Write};
use crate::store::{Store, StoreError};

/// An account to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    /// Its name.
    pub(crate) name: String,
    /// Its password, as argon2id in PHC form.
    pub(crate) password: String,
    /// When it is made.
    pub(crate) now: Timestamp,
}

/// A session to be opened.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    /// SHA-256 of the cookie; the cookie itself is not stored.
    pub(crate) token: [u8; 32],
    /// Whose it is.
    pub(crate) account: String,
    /// When it was opened.
    pub(crate) now: Timestamp,
    /// When it expires.
    pub(crate) expires: Timestamp,
}

/// What became of a new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountOutcome {
    /// It is made.
    Made,
    /// Another account has this name.
    NameTaken,
}

/// One change of accounts or sessions.
#[derive(Debug)]
pub(in crate::store) enum AccountWrite {
    Make(NewAccount, oneshot::Sender<AccountOutcome>),
    Open(NewSession, oneshot::Sender<()>),
    Close([u8; 32], oneshot::Sender<()>),
}

impl AccountWrite {
    pub(super) async fn apply(
        self,
        transaction: &mut SqliteTransaction<'_>,
    ) -> Result<Settled, Error> {
        match self {
            Self::Make(account, reply) => {
                let outcome = make(transaction, &account).await?;
                Ok(Settled::new(reply, outcome))
            }
            Self::Open(session, reply) => {
                open(transaction, &session).await?;
                Ok(Settled::new(reply, ()))
            }
            Self::Close(token, reply) => {
                sqlx::query("DELETE FROM session WHERE token = ?")
                    .bind(token.as_slice())
                    .execute(&mut **transaction)
                    .await?;
                Ok(Settled::new(reply, ()))
            }
        }
    }
}

async fn make(
    transaction: &mut SqliteTransaction<'_>,
    account: &NewAccount,
) -> Result<AccountOutcome, Error> {
    let made = sqlx::query(
        "INSERT INTO account (name, password, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(&account.name)
    .bind(&account.password)
    .bind(account.now.as_millisecond())
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    Ok(if made > 0 {
        AccountOutcome::Made
    } else {
        AccountOutcome::NameTaken
    })
}

async fn open(transaction: &mut SqliteTransaction<'_>, session: &NewSession) -> Result<(), Error> {
    sqlx::query("DELETE FROM session WHERE expires <= ?")
        .bind(session.now.as_millisecond())
        .execute(&mut **transaction)
        .await?;
    sqlx::query("INSERT INTO session (token, account, expires) VALUES (?, ?, ?)")
        .bind(session.token.as_slice())
        .bind(&session.account)
        .bind(session.expires.as_millisecond())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

impl Store {
    /// Makes an account, unless its name is taken.
    pub(crate) async fn make_account(
        &self,
        account: NewAccount,
    ) -> Result<AccountOutcome, StoreError> {
        self.write(|reply| Write::Account(AccountWrite::Make(account, reply)))
            .await
    }

    /// Opens a session, and forgets those that have ended.
    pub(crate) async fn open_session(&self, session: NewSession) -> Result<(), StoreError> {
        self.write(|reply| Write::Account(AccountWrite::Open(session, reply)))
            .await
    }

    /// Ends a session; one that is not open is no error.
    pub(crate) async fn close_session(&self, token: [u8; 32]) -> Result<(), StoreError> {
        self.write(|reply| Write::Account(AccountWrite::Close(token, reply)))
            .await
    }

    /// Whether anyone has an account.
    pub(crate) async fn has_account(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM account)")
            .fetch_one(&self.readers)
            .await?)
    }

    /// The stored password of an account, in PHC form.
    pub(crate) async fn password(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT password FROM account WHERE name = ?")
                .bind(name)
                .fetch_optional(&self.readers)
                .await?,
        )
    }

    /// The account whose session with this token is open at `now`.
    pub(crate) async fn account_of(
        &self,
        token: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT account FROM session WHERE token = ? AND expires > ?")
                .bind(token.as_slice())
                .bind(now.as_millisecond())
                .fetch_optional(&self.readers)
                .await?,
        )
    }
}
