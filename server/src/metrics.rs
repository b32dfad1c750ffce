//! What a monitoring system may know: aggregates of the fleet and of the server's own work, as
//! OpenMetrics. Nothing is told per device.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use fyr_schemas::fleet::{DeviceState, Fleet};

use crate::dashboard;
use crate::problem::Problem;
use crate::router::App;
use crate::words;

/// The counters and gauges of one server.
pub(crate) struct Metrics {
    registry: Registry,
    reports: Counter,
    enrolments: Counter,
    refused: Family<Status, Counter>,
    hint_streams: Gauge,
    devices: Family<State_, Gauge>,
    missing_reports: Gauge<u64, AtomicU64>,
    revision: Gauge<u64, AtomicU64>,
    published: Gauge<i64, AtomicI64>,
    expires: Gauge<i64, AtomicI64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State_ {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
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
