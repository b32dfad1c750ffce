//! Which path is answered by whom, and what every answer has in common.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::App;
use crate::problem::Problem;
use crate::{
    assets, dashboard, devices, enrol, guard, health, hints, ingest, login, metrics_page,
    repository, session,
};

/// Every path of the server.
pub(crate) fn router(app: App) -> Router {
    let inside = Router::new()
        .route("/", get(dashboard::show))
        .route("/devices/{device}", get(devices::show).post(devices::act))
        .route("/api/v1/fleet", get(dashboard::fleet))
        .route("/api/v1/fleet/changes", get(hints::changes))
        .route("/metrics", get(metrics_page::show))
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
