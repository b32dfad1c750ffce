//! The places that clients hold: each kind is counted for every client and for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::client::Client;
use crate::limits::{Kind, Limit, WAIT};
use crate::problem::Problem;

/// Clients that are counted before those without a place are forgotten.
const SWEEP_AT: usize = 1024;

/// The places of every kind.
#[derive(Debug)]
pub(crate) struct Places {
    connections: Room,
    device_streams: Room,
    dashboard_streams: Room,
    logins: Room,
    long_reports: Room,
}

/// A place that is held until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_client: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
struct Room {
    limit: Limit,
    of_all: Arc<Semaphore>,
    // Every connection counts here, and a task that owned the table would be one more queue to
    // fill. The lock is held for one look-up and never while anything is awaited.
    of_clients: Mutex<Clients>,
}

#[derive(Debug)]
struct Clients {
    places: HashMap<Client, Arc<Semaphore>>,
    sweep_at: usize,
}

impl Places {
    /// Empty ones, for a process that may open `files` files.
    pub(crate) fn new(files: usize) -> Self {
        let room = |kind: Kind| Room::new(kind.limit(files));
        Self {
            connections: room(Kind::Connection),
            device_streams: room(Kind::DeviceStream),
            dashboard_streams: room(Kind::DashboardStream),
            logins: room(Kind::Login),
            long_reports: room(Kind::LongReport),
        }
    }

    /// A place, if one is free now.
    pub(crate) fn take(&self, kind: Kind, client: Client) -> Option<Place> {
        let room = self.room(kind);
        let of_client = room.of_client(client).try_acquire_owned().ok()?;
        let of_all = Arc::clone(&room.of_all).try_acquire_owned().ok()?;
        Some(Place {
            _of_all: of_all,
            _of_client: Some(of_client),
        })
    }

    /// A place that counts for no single client: a proxy's connection serves many.
    pub(crate) fn take_shared(&self, kind: Kind) -> Option<Place> {
        let of_all = Arc::clone(&self.room(kind).of_all);
        Some(Place {
            _of_all: of_all.try_acquire_owned().ok()?,
            _of_client: None,
        })
    }

    /// A place, waited for while others are served; a client waits behind its own requests first.
    pub(crate) async fn wait(&self, kind: Kind, client: Client) -> Result<Place, Problem> {
        let room = self.room(kind);
        let (of_client, of_all) = (room.of_client(client), Arc::clone(&room.of_all));
        let both = async {
            let of_client = of_client.acquire_owned().await.ok()?;
            Some(Place {
                _of_all: of_all.acquire_owned().await.ok()?,
                _of_client: Some(of_client),
            })
        };
        tokio::time::timeout(WAIT, both)
            .await
            .ok()
            .flatten()
            .ok_or_else(busy)
    }

    fn room(&self, kind: Kind) -> &Room {
        match kind {
            Kind::Connection => &self.connections,
            Kind::DeviceStream => &self.device_streams,
            Kind::DashboardStream => &self.dashboard_streams,
            Kind::Login => &self.logins,
            Kind::LongReport => &self.long_reports,
        }
    }
}

impl Room {
    fn new(limit: Limit) -> Self {
        Self {
            limit,
            of_all: Arc::new(Semaphore::new(limit.in_all)),
            of_clients: Mutex::new(Clients {
                places: HashMap::new(),
                sweep_at: SWEEP_AT,
            }),
        }
    }

    fn of_client(&self, client: Client) -> Arc<Semaphore> {
        let mut clients = self
            .of_clients
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if clients.places.len() >= clients.sweep_at {
            // Who holds or awaits a place shares its semaphore.
            clients.places.retain(|_, own| Arc::strong_count(own) > 1);
            clients.sweep_at = SWEEP_AT.max(2 * clients.places.len());
        }
        let own = clients
            .places
            .entry(client)
            .or_insert_with(|| Arc::new(Semaphore::new(self.limit.per_client)));
        Arc::clone(own)
    }
}

fn busy() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        "Busy",
        "too many requests of this kind from your address are open; try again soon",
    )
    .retry_after(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> Client {
        Client::from(std::net::IpAddr::from(number.to_be_bytes()))
    }

    #[test]
    fn a_client_that_holds_all_of_its_places_leaves_those_of_others_and_of_other_kinds() {
        let places = Places::new(usize::MAX);
        let most = Kind::LongReport.limit(usize::MAX).per_client;
        let held: Vec<_> = (0..most)
            .map(|_| places.take(Kind::LongReport, client(1)).unwrap())
            .collect();
        assert!(places.take(Kind::LongReport, client(1)).is_none());
        assert!(places.take(Kind::LongReport, client(2)).is_some());
        assert!(places.take(Kind::Login, client(1)).is_some());
        drop(held);
        assert!(places.take(Kind::LongReport, client(1)).is_some());
    }

    #[test]
    fn all_clients_together_are_bounded_too() {
        let places = Places::new(usize::MAX);
        let most = Kind::Login.limit(usize::MAX).in_all;
        let held: Vec<_> = (0..)
            .map_while(|number| places.take(Kind::Login, client(number)))
            .collect();
        assert_eq!(held.len(), most);
        assert!(places.take_shared(Kind::Login).is_none());
    }

    #[test]
    fn clients_without_a_place_are_forgotten_and_those_with_one_are_not() {
        let places = Places::new(usize::MAX);
        let _held: Vec<_> = (0..4)
            .map(|_| places.take(Kind::Login, client(0)).unwrap())
            .collect();
        for number in 1..100_000 {
            assert!(places.take(Kind::Login, client(number)).is_some());
        }
        let room = places.room(Kind::Login);
        assert!(room.of_clients.lock().unwrap().places.len() <= SWEEP_AT);
        assert!(places.take(Kind::Login, client(0)).is_none());
    }
}
