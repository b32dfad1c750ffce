//! Which path is answered by whom, and what every answer has in common.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use tokio::sync::watch;

use fyr_schemas::fleet::Fleet;

use crate::access::Access;
use crate::account::Desk;
use crate::metrics::Metrics;
use crate::places::Places;
use crate::problem::Problem;
use crate::publication::Publication;
use crate::renew::RenewalState;
use crate::store::Store;
use crate::watch::{Announced, Looker, Published};
use crate::{
    assets, certificate, dashboard, devices, enrol, fleet, guard, health, hints, ingest, login,
    metrics, repository, session,
};

/// What every handler may use; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Parts>);

/// The parts of a running server.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Who may see the dashboard.
    pub(crate) access: Access,
    /// What is remembered.
    pub(crate) store: Store,
    /// The repository's directory.
    pub(crate) repository: PathBuf,
    /// The newest revision, for hints.
    pub(crate) announced: Announced,
    /// What is published.
    pub(crate) published: Published,
    /// How the last renewal went.
    pub(crate) renewal: RenewalState,
    /// Looks for a newer publication.
    pub(crate) looker: Looker,
    /// Counts up when the dashboard would differ.
    pub(crate) changes: watch::Receiver<u64>,
    /// Becomes true when the server is to stop.
    pub(crate) stop: watch::Receiver<bool>,
    /// Where people log in.
    pub(crate) desk: Desk,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// What clients hold at a time.
    pub(crate) places: Arc<Places>,
    /// Whether the certificate can be read again; absent without one.
    pub(crate) certificate: Option<watch::Receiver<certificate::State>>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Shares the parts among handlers.
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What is published, or the problem that nothing is.
    pub(crate) fn publication(&self) -> Result<Arc<Publication>, Problem> {
        self.published
            .borrow()
            .clone()
            .ok_or_else(Problem::nothing_published)
    }

    /// The fleet at `now`, compared with a publication, without events.
    pub(crate) async fn fleet(
        &self,
        publication: &Publication,
        now: Timestamp,
    ) -> Result<Fleet, Problem> {
        let records = self
            .store
            .fleet()
            .await
            .map_err(|error| Problem::store_failed(&error))?;
        Ok(fleet::summarise(records, publication, now))
    }
}

/// Every path of the server.
pub(crate) fn router(app: App) -> Router {
    let inside = Router::new()
        .route("/", get(dashboard::show))
        .route("/devices/{device}", get(devices::show).post(devices::act))
        .route("/api/v1/fleet", get(dashboard::fleet))
        .route("/api/v1/fleet/changes", get(hints::changes))
        .route("/metrics", get(metrics::show))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            session::require_login,
        ));
    let people = inside
        .route("/login", get(login::show).post(login::log_in))
        .route("/setup", get(login::show_setup).post(login::set_up))
        .route("/logout", post(login::log_out))
        .layer(middleware::from_fn(guard::require_protection));
    let devices = Router::new()
        .route("/repository/{*path}", get(repository::serve))
        .route("/api/v1/enrol", post(enrol::enrol))
        .route("/api/v1/reports", post(ingest::ingest))
        .route("/api/v1/hints", get(hints::hints))
        .route("/assets/{name}", get(assets::serve));
    people
        .merge(devices)
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        // A probe asks under any name, and the answer says nothing that needs a guard.
        .route("/healthz", get(health::show))
        .layer(middleware::from_fn_with_state(app.clone(), finish))
        .with_state(app)
}

/// The headers of every answer: nothing from elsewhere may load, frame or read it.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer`, browsers send `Origin: null` with the forms of our own pages.
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=()",
    ),
];

async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let probe = repository::may_be_a_probe(request.uri().path());
    let mut response = next.run(request).await.into_response();
    let status = response.status();
    let is_ordinary = probe && status == StatusCode::NOT_FOUND;
    if (status.is_client_error() || status.is_server_error()) && !is_ordinary {
        app.metrics.refused(status.as_u16());
    }
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
