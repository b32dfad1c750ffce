//! Listens for the server's hints that something new is published. A hint says nothing that is
//! believed: it only makes the agent ask sooner.

use std::time::Duration;

use fyr_agent_core::schedule::{History, next_wake};
use tokio::sync::mpsc::Sender;
use tracing::debug;

use crate::client::{Server, ServerError};
use crate::clock;

/// The server sends a sign of life more often; a stream that is silent longer is dead.
const SILENCE: Duration = Duration::from_secs(90);
/// No line of the stream is longer.
const LINE_LIMIT: usize = 1024;

/// A hint that something may be new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint;

/// Listens while the hints are taken, and connects again whenever the stream ends.
pub(crate) async fn listen(server: Server, seed: u64, hints: Sender<Hint>) {
    let mut history = History::default();
    while !hints.is_closed() {
        match follow(&server, &hints).await {
            Ok(Heard::Something) => history = History::default(),
            Ok(Heard::Nothing) => {}
            Err(error) => debug!("no hints: {}", crate::chain_in_words(&error)),
        }
        history.failed();
        let now = clock::read().system;
        let wait = next_wake(history, seed, now).duration_since(now);
        tokio::time::sleep(Duration::try_from(wait).unwrap_or(SILENCE)).await;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Something,
    Nothing,
}

async fn follow(server: &Server, hints: &Sender<Hint>) -> Result<Heard, ServerError> {
    let mut stream = server.stream("api/v1/hints").await?;
    let mut lines = Lines::default();
    let mut heard = Heard::Nothing;
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout(SILENCE, stream.chunk()).await {
        if lines.take(&chunk) {
            heard = Heard::Something;
            // A full channel holds a hint already, and one is enough.
            let _held = hints.try_send(Hint);
        }
    }
    Ok(heard)
}

/// The lines of an event stream, as far as they are needed: whether a `data:` line came.
#[derive(Debug, Default)]
struct Lines {
    unfinished: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes of the stream and tells whether an event's data ended in them.
    fn take(&mut self, chunk: &[u8]) -> bool {
        let mut is_event = false;
        for byte in chunk {
            if *byte == b'\n' {
                is_event |= self.unfinished.starts_with(b"data:");
                self.unfinished.clear();
            } else if self.unfinished.len() < LINE_LIMIT {
                self.unfinished.push(*byte);
            }
        }
        is_event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_counts_once_however_its_bytes_arrive() {
        let stream = b"event: revision\ndata: 7\n\n: keep-alive\n\n";
        for size in 1..stream.len() {
            let mut lines = Lines::default();
            let events = stream.chunks(size).filter(|chunk| lines.take(chunk));
            assert_eq!(events.count(), 1, "in chunks of {size}");
        }
    }

    #[test]
    fn a_line_without_an_end_does_not_fill_the_memory() {
        let mut lines = Lines::default();
        for _ in 0..1000 {
            lines.take(&[b'x'; 1024]);
        }
        assert!(lines.unfinished.len() <= LINE_LIMIT);
    }
}
