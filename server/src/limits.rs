//! What one client and all clients together may hold at a time: one table, each number with its
//! reason, so that no client keeps another from being served.

use std::time::Duration;

/// What a client holds a place for. Each kind has places of its own, so that a full one leaves the
/// others free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A connection, from the handshake to its end.
    Connection,
    /// A device's stream of hints.
    DeviceStream,
    /// The stream that keeps an open dashboard current.
    DashboardStream,
    /// A password, while it is checked.
    Login,
    /// A batch of reports that is longer than [`SMALL_BODY`], while it arrives.
    LongReport,
}

/// How many places of a kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// For one client: an IPv4 address, or a /64 network of IPv6.
    pub(crate) per_client: usize,
    /// For all clients together.
    pub(crate) in_all: usize,
}

/// A place that is taken is waited for this long: a queue of a thousand short bodies is through
/// by then, and a device's own time limit (30 s) is not.
pub(crate) const WAIT: Duration = Duration::from_secs(10);

/// A TLS handshake ends by then: three retransmissions of a lost packet (1 + 2 + 4 s) fit.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

/// The head of the next request arrives by then, or the connection ends. It is also the time that
/// a connection may be idle, so it is longer than the pause between two requests of a page.
pub(crate) const HEAD: Duration = Duration::from_secs(20);

/// The longest head of a request, in bytes: browsers send at most half of it.
pub(crate) const LONGEST_HEAD: usize = 16 << 10;

/// A body up to this length, in bytes, needs no place: its connection may fill as much with a head. So
/// no slow body keeps a report, an enrolment or a login of another device behind its address waiting.
/// A report of 100 controls fits; an enrolment does, since a token has 8 KiB at most.
pub(crate) const SMALL_BODY: usize = LONGEST_HEAD;

/// A body arrives at 4 KiB/s or faster: a phone's slowest connection does.
pub(crate) const BODY: Slowest = Slowest {
    grace: Duration::from_secs(10),
    bytes_per_second: 4 << 10,
};

/// How far a body may fall behind while it holds a place: one that stops leaves its place after that.
const LONG_BODY_GRACE: Duration = Duration::from_secs(5);

/// A body that holds a place arrives in so many seconds, so that none holds it longer than 21 s.
const LONG_BODY_SECONDS: u32 = 16;

/// The pace of what follows the first [`SMALL_BODY`] of a body of `length` bytes: a batch of 1 MiB arrives
/// at 64 KiB/s or faster. A device whose connection is slower sends its reports one by one: one of up to
/// 64 KiB arrives at the pace of [`BODY`].
pub(crate) fn long_body(length: usize) -> Slowest {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let bytes_per_second = length / LONG_BODY_SECONDS;
    Slowest {
        grace: LONG_BODY_GRACE,
        bytes_per_second: bytes_per_second.max(BODY.bytes_per_second),
    }
}

/// An answer is read at 256 B/s or faster: a thousand devices that share 10 Mbit/s get 1,250 B/s
/// each.
pub(crate) const ANSWER: Slowest = Slowest {
    grace: Duration::from_secs(20),
    bytes_per_second: 256,
};

/// Files that the database, the repository and the listener need.
const RESERVED_FILES: usize = 128;

/// Files with which every number below holds; with fewer, connections and streams shrink.
const ALL_FILES: usize = 24_000 + RESERVED_FILES;

/// The slowest pace at which a peer may send or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slowest {
    /// How far the peer may fall behind.
    pub(crate) grace: Duration,
    /// What it must move on average.
    pub(crate) bytes_per_second: u32,
}

/// How far a peer is behind the slowest pace. Being fast earns no credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    slowest: Slowest,
    behind: Duration,
}

impl Kind {
    /// How many places there are, when the process may open `files` files.
    pub(crate) fn limit(self, files: usize) -> Limit {
        let (per_client, in_all) = match self {
            // A school of 1,000 devices behind one address: a stream and a request each.
            Self::Connection => (2_000, 24_000),
            // The same school; what is left of the connections serves everything else.
            Self::DeviceStream => (1_000, 20_000),
            // The open dashboards of an office; a dashboard without a stream asks every 30 s.
            Self::DashboardStream => (20, 200),
            // Passwords are checked one after another, about ten a second.
            Self::Login => return Limit::new(4, 32),
            // Each body is 1 MiB at most, so that all take 128 MiB at most.
            Self::LongReport => return Limit::new(8, 128),
        };
        let usable = files
            .saturating_sub(RESERVED_FILES)
            .min(ALL_FILES - RESERVED_FILES);
        let share = |number: usize| (number * usable / (ALL_FILES - RESERVED_FILES)).max(1);
        Limit::new(share(per_client), share(in_all))
    }
}

impl Limit {
    const fn new(per_client: usize, in_all: usize) -> Self {
        Self { per_client, in_all }
    }
}

impl Pace {
    /// Of a peer from which nothing was awaited yet.
    pub(crate) fn new(slowest: Slowest) -> Self {
        Self {
            slowest,
            behind: Duration::ZERO,
        }
    }

    /// The slowest pace.
    pub(crate) fn slowest(&self) -> Slowest {
        self.slowest
    }

    /// How long the peer may be waited for now.
    pub(crate) fn left(&self) -> Duration {
        self.slowest.grace.saturating_sub(self.behind)
    }

    /// Counts bytes that moved after a wait.
    pub(crate) fn moved(&mut self, waited: Duration, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let worth = Duration::from_secs(bytes.into()) / self.slowest.bytes_per_second;
        self.behind = self.behind.saturating_add(waited).saturating_sub(worth);
    }
}

#[cfg(test)]
mod tests {
    use fyr_schemas::report::LONGEST_BATCH;

    use super::*;

    const ALL: [Kind; 5] = [
        Kind::Connection,
        Kind::DeviceStream,
        Kind::DashboardStream,
        Kind::Login,
        Kind::LongReport,
    ];

    #[test]
    fn no_client_takes_more_than_an_eighth_of_what_all_have() {
        for files in [0, 256, 1024, 20_000, ALL_FILES, usize::MAX] {
            for kind in ALL {
                let Limit { per_client, in_all } = kind.limit(files);
                assert!(per_client >= 1, "{kind:?}");
                let fits = per_client * 8 <= in_all || in_all < 8;
                assert!(
                    fits,
                    "{kind:?} with {files} files: {per_client} of {in_all}"
                );
            }
        }
    }

    #[test]
    fn connections_and_streams_fit_into_the_files_that_may_be_open() {
        for files in [256, 1024, 4096, 20_000] {
            let connections = Kind::Connection.limit(files).in_all;
            let streams =
                Kind::DeviceStream.limit(files).in_all + Kind::DashboardStream.limit(files).in_all;
            assert!(connections + RESERVED_FILES <= files);
            assert!(streams < connections);
        }
    }

    #[test]
    fn every_number_stands_in_the_security_page() {
        let page = include_str!("../../docs/security.md");
        for (kind, name) in ALL.into_iter().zip([
            "connections",
            "hint streams",
            "dashboard streams",
            "logins",
            "long report bodies",
        ]) {
            let Limit { per_client, in_all } = kind.limit(ALL_FILES);
            let row = format!("| {name} | {per_client} | {in_all} |");
            assert!(page.contains(&row), "`{row}`");
        }
        let small = format!("at most {} KiB needs no place", SMALL_BODY >> 10);
        assert!(page.contains(&small), "`{small}`");
        let long = format!(
            "| a body beyond {} KiB | 1/{LONG_BODY_SECONDS} of the whole body each second, or {} B/s if that is more; \
             at most {} s behind |",
            SMALL_BODY >> 10,
            BODY.bytes_per_second,
            LONG_BODY_GRACE.as_secs()
        );
        assert!(page.contains(&long), "`{long}`");
        for (name, pace) in [("a body", BODY), ("an answer", ANSWER)] {
            let row = format!(
                "| {name} | {} B/s, at most {} s behind |",
                pace.bytes_per_second,
                pace.grace.as_secs()
            );
            assert!(page.contains(&row), "`{row}`");
        }
        for (name, limit) in [
            ("a TLS handshake", HANDSHAKE),
            ("the head of a request, and an idle connection", HEAD),
            ("a place that is taken", WAIT),
        ] {
            let row = format!("| {name} | {} s |", limit.as_secs());
            assert!(page.contains(&row), "`{row}`");
        }
    }

    #[test]
    fn a_steady_peer_is_never_behind_and_a_trickle_is_out_of_time() {
        let second = Duration::from_secs(1);
        let mut steady = Pace::new(BODY);
        let mut trickle = Pace::new(BODY);
        for _ in 0..1000 {
            steady.moved(second, 4 << 10);
            trickle.moved(second, 100);
        }
        assert_eq!(steady.left(), BODY.grace);
        assert_eq!(trickle.left(), Duration::ZERO);
    }

    #[test]
    fn no_body_holds_a_place_for_longer_than_21_seconds_and_a_report_of_64_kib_may_be_slow() {
        let longest = Duration::from_secs(21);
        for length in [SMALL_BODY + 1, 64 << 10, LONGEST_BATCH] {
            let Slowest {
                grace,
                bytes_per_second,
            } = long_body(length);
            let length = u32::try_from(length).unwrap();
            let held = grace + Duration::from_secs(length.into()) / bytes_per_second;
            assert!(held <= longest, "{length}: {held:?}");
        }
        assert_eq!(long_body(64 << 10).bytes_per_second, BODY.bytes_per_second);
        assert_eq!(long_body(LONGEST_BATCH).bytes_per_second, 64 << 10);
    }

    #[test]
    fn what_all_clients_may_take_fits_into_the_memory_of_the_unit() {
        /// The most that a connection takes.
        const CONNECTION: usize = 50 << 10;
        let unit = include_str!("../../packaging/systemd/fyr-server.service");
        let connections = Kind::Connection.limit(ALL_FILES).in_all;
        let bodies = Kind::LongReport.limit(ALL_FILES).in_all;
        let sum = format!(
            "# {},{:03} connections of {} KiB and {bodies} report bodies of {} MiB,",
            connections / 1_000,
            connections % 1_000,
            CONNECTION >> 10,
            LONGEST_BATCH >> 20
        );
        assert!(unit.contains(&sum), "`{sum}`");
        let bytes = |name: &str| -> usize {
            let mut lines = unit.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            let value = value.unwrap();
            let (number, shift) = match value.strip_suffix('M') {
                Some(number) => (number, 20),
                None => (value.strip_suffix('G').unwrap(), 30),
            };
            number.parse::<usize>().unwrap() << shift
        };
        let all = connections * CONNECTION + bodies * LONGEST_BATCH;
        assert!(all < bytes("MemoryHigh"), "{all}");
        assert!(bytes("MemoryHigh") < bytes("MemoryMax"));
    }

    #[test]
    fn a_fast_beginning_earns_no_credit() {
        let mut pace = Pace::new(BODY);
        pace.moved(Duration::ZERO, 1 << 30);
        pace.moved(Duration::from_secs(9), 0);
        assert_eq!(pace.left(), Duration::from_secs(1));
    }
}
