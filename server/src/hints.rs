//! Server-sent events: the hint that makes devices fetch at once, and the nudge that makes an open
//! dashboard look again. Both say that something is new and never what it is.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, future, stream};
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;

use crate::app::App;
use crate::client::Client;
use crate::limits::Kind;
use crate::problem::Problem;

/// Shorter than the minute after which many proxies close a silent connection.
const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// A dashboard gets one event in this time at most; the next one covers all changes in between.
const NUDGE_EVERY: Duration = Duration::from_millis(400);

/// `GET /api/v1/hints`: the revision at connect, and each new one as soon as its timestamp and
/// snapshot are verified. Bundles are read afterwards, so no device waits for that.
pub(crate) async fn hints(
    State(app): State<App>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let place = app
        .places
        .take(Kind::DeviceStream, client)
        .ok_or_else(full)?;
    let open = app.metrics.open_hint_stream();
    // Renewed metadata announces the same revision, which is no change.
    let revisions = WatchStream::new(app.announced.clone())
        .filter_map(future::ready)
        .map(move |revision| {
            let _held = (&place, &open);
            Event::default()
                .event("revision")
                .data(revision.to_string())
        });
    Ok(answer(revisions, app.stop.clone()))
}

/// `GET /api/v1/fleet/changes`: an event at connect and whenever the dashboard would differ.
pub(crate) async fn changes(
    State(app): State<App>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let place = app
        .places
        .take(Kind::DashboardStream, client)
        .ok_or_else(full)?;
    let nudges = stream::unfold(
        (app.changes.clone(), true),
        |(mut changes, first)| async move {
            if !first {
                changes.changed().await.ok()?;
                tokio::time::sleep(NUDGE_EVERY).await;
            }
            let count = *changes.borrow_and_update();
            Some((count, (changes, false)))
        },
    )
    .map(move |count| {
        let _held = &place;
        Event::default().event("changed").data(count.to_string())
    });
    Ok(answer(nudges, app.stop.clone()))
}

fn answer(
    events: impl Stream<Item = Event> + Send + 'static,
    mut stop: watch::Receiver<bool>,
) -> Response {
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    let events = events
        .map(Ok::<_, Infallible>)
        .take_until(Box::pin(stopped));
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response();
    // nginx would otherwise hold events back until its buffer is full.
    response.headers_mut().insert(
        "x-accel-buffering",
        axum::http::HeaderValue::from_static("no"),
    );
    response
}

fn full() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too-many-streams",
        "Too many streams",
        "your address, or all addresses together, have as many streams open as this server \
         allows; ask again at the ordinary interval",
    )
    .retry_after(300)
}
