//! What a monitoring system may know: aggregates of the fleet and of the server's own work, as
//! `OpenMetrics`. Nothing is told per device.

use std::fmt;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use fyr_schemas::fleet::Fleet;

use crate::problem::Problem;
use crate::publication::Publication;
use crate::router::App;
use crate::words;

/// The counters and gauges of one server.
pub(crate) struct Metrics {
    registry: Registry,
    reports: Counter,
    enrolments: Counter,
    refused: Family<ByStatus, Counter>,
    hint_streams: Gauge,
    devices: Family<ByState, Gauge>,
    missing_reports: Gauge,
    revision: Gauge,
    published: Gauge,
    expires: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByState {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    status: u32,
}

/// Counts one open hint stream for as long as it lives.
pub(crate) struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Metrics of a server that has done nothing yet.
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("fyr"),
            reports: Counter::default(),
            enrolments: Counter::default(),
            refused: Family::default(),
            hint_streams: Gauge::default(),
            devices: Family::default(),
            missing_reports: Gauge::default(),
            revision: Gauge::default(),
            published: Gauge::default(),
            expires: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("reports", "Reports stored", self.reports.clone());
        registry.register("enrolments", "Enrolments answered", self.enrolments.clone());
        registry.register(
            "requests_refused",
            "Requests answered with a problem",
            self.refused.clone(),
        );
        registry.register(
            "hint_streams",
            "Devices waiting for hints",
            self.hint_streams.clone(),
        );
        registry.register("devices", "Enrolled devices by state", self.devices.clone());
        registry.register(
            "missing_reports",
            "Report numbers that never arrived",
            self.missing_reports.clone(),
        );
        registry.register(
            "revision",
            "The newest published revision",
            self.revision.clone(),
        );
        registry.register_with_unit(
            "published_timestamp",
            "When the newest revision was published",
            Unit::Seconds,
            self.published.clone(),
        );
        registry.register_with_unit(
            "metadata_expires_timestamp",
            "When devices stop believing the metadata unless it is renewed",
            Unit::Seconds,
            self.expires.clone(),
        );
    }

    /// Counts reports that were not stored before.
    pub(crate) fn stored(&self, reports: u64) {
        self.reports.inc_by(reports);
    }

    /// Counts an enrolment.
    pub(crate) fn enrolled(&self) {
        self.enrolments.inc();
    }

    /// Counts a request that was answered with a problem.
    pub(crate) fn refused(&self, status: u16) {
        let status = u32::from(status);
        self.refused.get_or_create(&ByStatus { status }).inc();
    }

    /// Counts a hint stream until the result is dropped.
    pub(crate) fn open_hint_stream(&self) -> OpenStream {
        self.hint_streams.inc();
        OpenStream(self.hint_streams.clone())
    }

    fn measure(&self, fleet: &Fleet, publication: &Publication) {
        for state in words::STATES {
            let count = fleet.devices.iter().filter(|it| it.state == state).count();
            self.devices
                .get_or_create(&ByState {
                    state: words::state_slug(state),
                })
                .set(whole(count as u64));
        }
        let missing = fleet
            .devices
            .iter()
            .fold(0_u64, |sum, it| sum.saturating_add(it.missing_reports));
        self.missing_reports.set(whole(missing));
        self.revision.set(whole(fleet.revision.0));
        self.published.set(publication.published.as_second());
        self.expires.set(publication.expires.as_second());
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// `GET /metrics`.
pub(crate) async fn show(State(app): State<App>) -> Result<Response, Problem> {
    if let Ok(publication) = app.publication() {
        let fleet = app.fleet(&publication, Timestamp::now()).await?;
        app.metrics.measure(&fleet, &publication);
    }
    let mut text = String::new();
    // Writing to a string cannot fail; a half-written text would lack its `# EOF` and be refused.
    let _ = encode(&mut text, &app.metrics.registry);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
}
