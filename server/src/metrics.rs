//! What a monitoring system may know: aggregates of the fleet and of the server's own work, as
//! `OpenMetrics`. Nothing is shown per device.

use std::fmt;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use fyr_schemas::fleet::{Fleet, FleetDevice};

use crate::population::SMALL;
use crate::publication::Publication;
use crate::words;

/// The counters and gauges of one server.
pub(crate) struct Metrics {
    registry: Registry,
    reports: Counter,
    enrolments: Counter,
    refused: Family<ByStatus, Counter>,
    hint_streams: Gauge,
    devices: Family<ByState, Gauge>,
    population_devices: Family<ByAudienceAndState, Gauge>,
    control_devices: Family<ByAudienceAndControl, Gauge>,
    control_in_force: Family<ByAudienceAndControl, Gauge>,
    control_not_now: Family<ByAudienceAndControl, Gauge>,
    contradicting_devices: Family<ByKind, Gauge>,
    database_failing: Gauge,
    missing_reports: Gauge,
    revision: Gauge,
    published: Gauge,
    expires: Gauge,
    renewal_failing: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByState {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByAudienceAndState {
    audience: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByAudienceAndControl {
    audience: &'static str,
    control: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    kind: &'static str,
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
            population_devices: Family::default(),
            control_devices: Family::default(),
            control_in_force: Family::default(),
            control_not_now: Family::default(),
            contradicting_devices: Family::default(),
            database_failing: Gauge::default(),
            missing_reports: Gauge::default(),
            revision: Gauge::default(),
            published: Gauge::default(),
            expires: Gauge::default(),
            renewal_failing: Gauge::default(),
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
        registry.register(
            "renewal_failing",
            "1 while this server cannot renew the metadata, 0 otherwise",
            self.renewal_failing.clone(),
        );
        registry.register("devices", "Enrolled devices by state", self.devices.clone());
        registry.register(
            "population_devices",
            "Enrolled devices by audience and state, where no audience has fewer than five",
            self.population_devices.clone(),
        );
        registry.register(
            "control_devices",
            "Devices that a control is published for, by audience, where none has fewer than five",
            self.control_devices.clone(),
        );
        registry.register(
            "control_in_force",
            "Devices on which a control is in force, by audience, where none has fewer than five",
            self.control_in_force.clone(),
        );
        registry.register(
            "control_not_now",
            "Devices on which a running period ends or changes a control, by audience, where none has \
             fewer than five",
            self.control_not_now.clone(),
        );
        registry.register(
            "contradicting_devices",
            "Devices whose reports contradict what was published, by kind of contradiction",
            self.contradicting_devices.clone(),
        );
        registry.register(
            "database_failing",
            "1 while the database takes no reports: its disk is full or it cannot be written",
            self.database_failing.clone(),
        );
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

    pub(crate) fn measure(&self, fleet: &Fleet, publication: &Publication) {
        for state in words::STATES {
            let count = fleet.devices.iter().filter(|it| it.state == state).count();
            self.devices
                .get_or_create(&ByState {
                    state: words::state_slug(state),
                })
                .set(whole(count as u64));
        }
        for kind in words::CONTRADICTIONS {
            let has = |it: &&FleetDevice| {
                let mut found = it.contradictions.iter();
                found.any(|one| words::contradiction_slug(one) == kind)
            };
            let count = fleet.devices.iter().filter(has).count();
            let gauge = self.contradicting_devices.get_or_create(&ByKind { kind });
            gauge.set(whole(count as u64));
        }
        self.measure_populations(fleet);
        let missing = fleet
            .devices
            .iter()
            .fold(0_u64, |sum, it| sum.saturating_add(it.missing_reports));
        self.missing_reports.set(whole(missing));
        self.revision.set(whole(fleet.revision.0));
        self.published.set(publication.published.as_second());
        self.expires.set(publication.expires.as_second());
    }

    /// Tells populations apart. One that is too small would follow from the others and the whole, so
    /// where one is, or what belongs to none is, nothing is shown; and so it is with each control.
    fn measure_populations(&self, fleet: &Fleet) {
        self.population_devices.clear();
        self.control_devices.clear();
        self.control_in_force.clear();
        self.control_not_now.clear();
        let populations = &fleet.populations;
        let shown: u64 = populations.values().map(|it| it.devices).sum();
        let hidden = (fleet.devices.len() as u64).saturating_sub(shown);
        let mut all = populations.values().map(|it| it.devices).chain([hidden]);
        if all.any(is_small) {
            return;
        }
        for (audience, population) in populations {
            let audience = words::audience(*audience);
            for state in words::STATES {
                let count = population.states.get(&state).copied().unwrap_or_default();
                let state = words::state_slug(state);
                let labels = ByAudienceAndState { audience, state };
                let gauge = self.population_devices.get_or_create(&labels);
                gauge.set(whole(count));
            }
            for (control, share) in &population.controls {
                let mut shares = populations
                    .values()
                    .filter_map(|it| it.controls.get(control));
                if shares.any(|share| is_small(share.devices)) {
                    continue;
                }
                let control = control.to_string();
                let labels = ByAudienceAndControl { audience, control };
                let of = self.control_devices.get_or_create(&labels);
                of.set(whole(share.devices));
                let in_force = self.control_in_force.get_or_create(&labels);
                in_force.set(whole(share.in_force));
                let not_now = self.control_not_now.get_or_create(&labels);
                not_now.set(whole(share.not_now));
            }
        }
    }
}

impl Metrics {
    /// Measures whether this server cannot renew the metadata.
    pub(crate) fn measure_renewal(&self, is_failing: bool) {
        self.renewal_failing.set(i64::from(is_failing));
    }

    /// Measures whether the database fails.
    pub(crate) fn measure_database(&self, is_failing: bool) {
        self.database_failing.set(i64::from(is_failing));
    }

    /// Every metric, as a monitoring system reads it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail; a half-written text would lack its `# EOF` and be refused.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn is_small(devices: u64) -> bool {
    (1..SMALL).contains(&devices)
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
