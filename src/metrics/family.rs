//! Metrics as a scrape has them, and the two texts that they are written as.

use std::borrow::Cow;
use std::fmt;

use hyper::HeaderMap;
use hyper::header::ACCEPT;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

/// What every name begins with.
const PREFIX: &str = "mudkeep";

/// One value with its labels.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Sample {
    labels: Vec<(&'static str, Cow<'static, str>)>,
    value: Value,
}

#[derive(Clone, PartialEq, Debug)]
enum Value {
    Count(u64),
    Level(f64),
    Spread(Spread),
    /// The labels are what there is to say.
    Info,
}

/// A histogram; its buckets are counted each by itself.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Spread {
    pub(super) sum: f64,
    pub(super) count: u64,
    pub(super) buckets: Vec<(f64, u64)>,
}

impl Sample {
    fn new(value: Value) -> Sample {
        Sample { labels: Vec::new(), value }
    }

    pub(super) fn count(count: u64) -> Sample {
        Sample::new(Value::Count(count))
    }

    pub(super) fn level(level: f64) -> Sample {
        Sample::new(Value::Level(level))
    }

    pub(super) fn spread(spread: Spread) -> Sample {
        Sample::new(Value::Spread(spread))
    }

    pub(super) fn info() -> Sample {
        Sample::new(Value::Info)
    }

    pub(super) fn with(
        mut self,
        label: &'static str,
        value: impl Into<Cow<'static, str>>,
    ) -> Sample {
        self.labels.push((label, value.into()));
        self
    }
}

/// One metric: what it is, and its values now.
#[derive(Debug)]
pub(super) struct Family {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    samples: Vec<Sample>,
}

impl Family {
    /// `name` is without the prefix, the unit, and the `total` of what only grows.
    pub(super) fn new(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Family {
        Family { name, help, unit: None, samples }
    }

    pub(super) fn count(name: &'static str, help: &'static str, count: u64) -> Family {
        Family::new(name, help, vec![Sample::count(count)])
    }

    pub(super) fn level(name: &'static str, help: &'static str, level: f64) -> Family {
        Family::new(name, help, vec![Sample::level(level)])
    }

    pub(super) fn bytes(self) -> Family {
        Family { unit: Some(Unit::Bytes), ..self }
    }

    pub(super) fn seconds(self) -> Family {
        Family { unit: Some(Unit::Seconds), ..self }
    }

    fn kind(&self) -> MetricType {
        match self.samples.first().map(|sample| &sample.value) {
            Some(Value::Count(_)) => MetricType::Counter,
            Some(Value::Level(_)) | None => MetricType::Gauge,
            Some(Value::Spread(_)) => MetricType::Histogram,
            Some(Value::Info) => MetricType::Info,
        }
    }

    fn write(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut metric =
            encoder.encode_descriptor(self.name, self.help, self.unit.as_ref(), self.kind())?;
        self.samples.iter().try_for_each(|sample| sample.write(&mut metric))
    }
}

impl Sample {
    fn write(&self, metric: &mut MetricEncoder<'_>) -> fmt::Result {
        if self.value == Value::Info {
            return metric.encode_info(&self.labels);
        }
        let mut metric = metric.encode_family(&self.labels)?;
        match &self.value {
            Value::Count(count) => metric.encode_counter::<NoLabelSet, _, u64>(count, None),
            Value::Level(level) => metric.encode_gauge(level),
            Value::Spread(Spread { sum, count, buckets }) => {
                metric.encode_histogram::<NoLabelSet>(*sum, *count, buckets, None)
            }
            Value::Info => Ok(()),
        }
    }
}

/// All that a scrape has.
#[derive(Debug)]
struct All(Vec<Family>);

impl Collector for All {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|family| family.write(&mut encoder))
    }
}

/// How metrics are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Prometheus's text, 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// What whoever sends these headers would rather have.
    #[must_use]
    pub fn wanted(headers: &HeaderMap) -> Format {
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let (mut open, mut plain) = (0.0, 0.0);
        for range in values.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default();
            let (mut quality, mut is_ours) = (1.0_f32, true);
            for (key, value) in parts.filter_map(|part| part.split_once('=')) {
                match key.trim().to_ascii_lowercase().as_str() {
                    "q" => quality = value.trim().parse().unwrap_or(0.0),
                    "version" => is_ours = value.trim().trim_matches('"') == "1.0.0",
                    _ => {}
                }
            }
            if kind.eq_ignore_ascii_case("application/openmetrics-text") && is_ours {
                open = quality.max(open);
            } else if kind.eq_ignore_ascii_case("text/plain") {
                plain = quality.max(plain);
            }
        }
        if open > 0.0 && open >= plain { Format::OpenMetrics } else { Format::Prometheus }
    }

    /// Its media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Prometheus => prometheus_text::CONTENT_TYPE,
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Writes metrics so.
    pub(super) fn write(self, families: Vec<Family>) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register_collector(Box::new(All(families)));
        let mut written = String::new();
        match self {
            Format::Prometheus => prometheus_text::encode(&mut written, &registry)?,
            Format::OpenMetrics => text::encode(&mut written, &registry)?,
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_takes_open_metrics_has_it_and_all_others_have_plain_text() {
        let prometheus = "application/openmetrics-text;version=1.0.0,\
                          application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        for (accept, format) in [
            (prometheus, Format::OpenMetrics),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("text/plain;q=0.5, application/openmetrics-text;q=0.5", Format::OpenMetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=0.1", Format::OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", Format::Prometheus),
            ("application/openmetrics-text;q=0", Format::Prometheus),
            ("application/openmetrics-text;q=x", Format::Prometheus),
            ("application/openmetrics-text;q=0.4,text/plain", Format::Prometheus),
            ("text/plain", Format::Prometheus),
            ("*/*", Format::Prometheus),
            ("", Format::Prometheus),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(Format::wanted(&headers), format, "{accept}");
        }
        assert_eq!(Format::wanted(&HeaderMap::new()), Format::Prometheus);
    }

    fn families() -> Vec<Family> {
        let spread = Spread { sum: 1.5, count: 3, buckets: vec![(0.5, 2), (f64::INFINITY, 1)] };
        vec![
            Family::new("build", "What it is.", vec![Sample::info().with("version", "1\"2")]),
            Family::count("sent", "Sent.", 7).bytes(),
            Family::new("users", "Users.", vec![Sample::level(2.0).with("state", "in")]),
            Family::new("dial", "Dials.", vec![Sample::spread(spread)]).seconds(),
        ]
    }

    #[test]
    fn the_names_are_those_of_prometheus() {
        let expected = "# HELP mudkeep_build_info What it is.\n# TYPE mudkeep_build_info gauge\n\
            mudkeep_build_info{version=\"1\\\"2\"} 1\n\
            # HELP mudkeep_sent_bytes_total Sent.\n# TYPE mudkeep_sent_bytes_total counter\n\
            mudkeep_sent_bytes_total 7\n\
            # HELP mudkeep_users Users.\n# TYPE mudkeep_users gauge\n\
            mudkeep_users{state=\"in\"} 2.0\n\
            # HELP mudkeep_dial_seconds Dials.\n# TYPE mudkeep_dial_seconds histogram\n\
            mudkeep_dial_seconds_bucket{le=\"0.5\"} 2\nmudkeep_dial_seconds_bucket{le=\"+Inf\"} 3\n\
            mudkeep_dial_seconds_sum 1.5\nmudkeep_dial_seconds_count 3\n";
        let written = Format::Prometheus.write(families()).unwrap();
        assert_eq!(written, expected, "{written}");
    }

    #[test]
    fn open_metrics_has_units_and_an_end() {
        let written = Format::OpenMetrics.write(families()).unwrap();
        for line in [
            "# TYPE mudkeep_build info",
            "mudkeep_build_info{version=\"1\\\"2\"} 1",
            "# TYPE mudkeep_sent_bytes counter",
            "# UNIT mudkeep_sent_bytes bytes",
            "mudkeep_sent_bytes_total 7",
            "mudkeep_users{state=\"in\"} 2.0",
            "mudkeep_dial_seconds_bucket{le=\"0.5\"} 2",
        ] {
            assert!(written.lines().any(|one| one == line), "{line} is not in\n{written}");
        }
        assert!(written.ends_with("# EOF\n"));
    }
}
