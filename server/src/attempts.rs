//! How many failed logins count, per client and per account. Pure: the time is given.
//!
//! A client that fails too often waits. An account that fails too often, from wherever, takes one
//! attempt after a pause that doubles; clients from which it logged in lately are not held back by
//! that, so that an attacker elsewhere does not keep the real person out.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::client::Client;

/// How long a failed attempt counts.
const COUNTS_FOR: Duration = Duration::from_mins(15);

/// Failed attempts of one client before it waits for the first of them to be forgotten: a person
/// who tries the passwords they know, and not a list.
const OF_CLIENT: usize = 10;

/// Failed attempts on one account before it pauses: a person's usual mistakes.
const OF_ACCOUNT: usize = 5;

/// The first pause of an account; every further failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause. It allows 2,880 guesses a day, against a password of 12 characters or more,
/// and a person waits no longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long a client from which an account logged in is not held back by it: over a summer.
const KNOWN_FOR: Duration = Duration::from_hours(24 * 90);

/// Entries of each table; past that the oldest are forgotten. Each costs an attacker one checked
/// password, of which a client has ten in a quarter of an hour.
const REMEMBERED: usize = 10_000;

/// An account, by the digest of its name: names may be long, and need not exist.
pub(crate) type Account = [u8; 32];

/// The failed and the successful attempts that still count.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    of_clients: HashMap<Client, Vec<(Instant, Account)>>,
    of_accounts: HashMap<Account, Vec<Instant>>,
    known: HashMap<(Client, Account), Instant>,
}

impl Attempts {
    /// Whether a password may be checked now; otherwise how long to wait.
    pub(crate) fn permit(
        &mut self,
        client: Client,
        account: &Account,
        now: Instant,
    ) -> Result<(), Duration> {
        let counts = |failed: &Instant| now.saturating_duration_since(*failed) < COUNTS_FOR;
        if let Some(failures) = self.of_clients.get_mut(&client) {
            failures.retain(|(failed, _)| counts(failed));
            if let (true, Some((first, _))) = (failures.len() >= OF_CLIENT, failures.first()) {
                return Err(COUNTS_FOR.saturating_sub(now.saturating_duration_since(*first)));
            }
        }
        let is_known = self
            .known
            .get(&(client, *account))
            .is_some_and(|since| now.saturating_duration_since(*since) < KNOWN_FOR);
        if is_known {
            return Ok(());
        }
        let Some(failures) = self.of_accounts.get_mut(account) else {
            return Ok(());
        };
        failures.retain(counts);
        let Some(last) = failures.last() else {
            return Ok(());
        };
        let left = pause(failures.len()).saturating_sub(now.saturating_duration_since(*last));
        if left.is_zero() { Ok(()) } else { Err(left) }
    }

    /// Counts a wrong password.
    pub(crate) fn failed(&mut self, client: Client, account: Account, now: Instant) {
        forget_oldest(&mut self.of_clients, |it| {
            it.last().map(|(failed, _)| *failed)
        });
        forget_oldest(&mut self.of_accounts, |it| it.last().copied());
        let of_client = self.of_clients.entry(client).or_default();
        of_client.push((now, account));
        let of_account = self.of_accounts.entry(account).or_default();
        of_account.push(now);
    }

    /// Notes a right password: the client's own mistakes with this account are forgotten.
    pub(crate) fn succeeded(&mut self, client: Client, account: Account, now: Instant) {
        forget_oldest(&mut self.known, |since| Some(*since));
        if let Some(failures) = self.of_clients.get_mut(&client) {
            failures.retain(|(_, on)| *on != account);
        }
        self.known.insert((client, account), now);
    }
}

/// How long an account pauses after its last of `failures` that count.
fn pause(failures: usize) -> Duration {
    let Some(beyond) = failures.checked_sub(OF_ACCOUNT) else {
        return Duration::ZERO;
    };
    let doubled = 2_u32.saturating_pow(u32::try_from(beyond).unwrap_or(u32::MAX));
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

/// Makes room in a full table: the half whose newest entry is older goes.
fn forget_oldest<K: Eq + std::hash::Hash, V>(
    table: &mut HashMap<K, V>,
    newest: impl Fn(&V) -> Option<Instant>,
) {
    if table.len() < REMEMBERED {
        return;
    }
    let mut times: Vec<_> = table.values().map(&newest).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    table.retain(|_, value| newest(value) > median);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    const ANNA: Account = [1; 32];
    const IDA: Account = [2; 32];

    fn client(number: u32) -> Client {
        Client::from(IpAddr::from(number.to_be_bytes()))
    }

    /// Attempts, in seconds from a beginning.
    struct Desk {
        attempts: Attempts,
        start: Instant,
    }

    impl Desk {
        fn open() -> Self {
            let (attempts, start) = (Attempts::default(), Instant::now());
            Self { attempts, start }
        }

        fn at(&self, seconds: u64) -> Instant {
            self.start + Duration::from_secs(seconds)
        }

        /// A wrong password, if it is looked at.
        fn wrong(&mut self, from: u32, account: Account, seconds: u64) -> Result<(), u64> {
            self.permit(from, account, seconds)?;
            self.attempts
                .failed(client(from), account, self.at(seconds));
            Ok(())
        }

        fn permit(&mut self, from: u32, account: Account, seconds: u64) -> Result<(), u64> {
            let now = self.at(seconds);
            self.attempts
                .permit(client(from), &account, now)
                .map_err(|wait| wait.as_secs())
        }
    }

    #[test]
    fn a_client_that_fails_ten_times_waits_and_no_other_client_does() {
        let mut desk = Desk::open();
        for number in 0..10 {
            let account = [100 + number; 32];
            assert_eq!(desk.wrong(1, account, number.into()), Ok(()));
        }
        assert_eq!(desk.permit(1, ANNA, 10), Err(15 * 60 - 10));
        assert_eq!(desk.permit(2, ANNA, 10), Ok(()));
        assert_eq!(desk.permit(1, ANNA, 15 * 60), Ok(()));
    }

    #[test]
    fn an_account_that_fails_from_many_clients_pauses_twice_as_long_each_time_up_to_a_limit() {
        let mut desk = Desk::open();
        for from in 0..5 {
            assert_eq!(desk.wrong(from, ANNA, 0), Ok(()));
        }
        let mut now = 0;
        for (from, pause) in (5..).zip([1, 2, 4, 8, 16, 30, 30, 30]) {
            assert_eq!(desk.permit(from, ANNA, now), Err(pause));
            assert_eq!(desk.permit(from, IDA, now), Ok(()));
            now += pause;
            assert_eq!(desk.wrong(from, ANNA, now), Ok(()), "after {now} s");
        }
    }

    #[test]
    fn an_attacker_does_not_hold_back_a_client_from_which_the_account_logged_in() {
        let mut desk = Desk::open();
        desk.attempts.succeeded(client(99), ANNA, desk.at(0));
        for from in 0..9 {
            let _ = desk.wrong(from, ANNA, 60 * u64::from(from));
        }
        assert!(desk.permit(9, ANNA, 480).is_err());
        assert_eq!(desk.permit(99, ANNA, 480), Ok(()));
        assert_eq!(desk.permit(99, IDA, 480), Ok(()));
    }

    #[test]
    fn a_refused_attempt_lengthens_no_pause() {
        let mut desk = Desk::open();
        for from in 0..5 {
            desk.wrong(from, ANNA, 0).unwrap();
        }
        for from in 5..1000 {
            assert!(desk.wrong(from, ANNA, 0).is_err());
        }
        assert_eq!(desk.permit(7, ANNA, 1), Ok(()));
    }

    #[test]
    fn a_right_password_forgets_the_mistakes_before_it_and_not_those_with_other_accounts() {
        let mut desk = Desk::open();
        for second in 0..5 {
            desk.wrong(1, IDA, second).unwrap();
        }
        for second in 5..9 {
            desk.wrong(1, ANNA, second).unwrap();
        }
        desk.attempts.succeeded(client(1), ANNA, desk.at(9));
        for second in 10..15 {
            desk.wrong(1, ANNA, second).unwrap();
        }
        assert!(desk.permit(1, ANNA, 15).is_err(), "five of each count");
    }

    #[test]
    fn the_tables_stay_bounded_and_keep_the_newest() {
        let mut desk = Desk::open();
        for number in 0..50_000_u32 {
            let mut account = [0; 32];
            account[..4].copy_from_slice(&number.to_be_bytes());
            desk.attempts
                .failed(client(number), account, desk.at(number.into()));
        }
        assert!(desk.attempts.of_clients.len() <= REMEMBERED);
        assert!(desk.attempts.of_accounts.len() <= REMEMBERED);
        assert!(desk.attempts.of_clients.contains_key(&client(49_999)));
    }
}
