//! The one place where an exchange becomes samples.
//!
//! A request's series are found by one look-up of what tells its tags apart; the cache belongs to the core.

use std::{hash::BuildHasher, rc::Rc, sync::Arc};

use hashbrown::{DefaultHashBuilder, HashTable};
use http::Method;
use loadd_client::{Exchange, Outcome, Proto};
use loadd_metrics::{Recorder, RequestSeries, SeriesId, SystemTag, SystemTags, TagSetId, metric};
use loadd_script::{HttpCall, Tag};

use crate::{
    core::CoreScenario,
    latency::{Ended, LatencyRecorder, VuLatency},
    trace::CallTrace,
    url_templates::UrlTemplates,
};

/// Entries beyond which the cache starts anew: a script that makes a new name for each request must not grow it.
const CACHE_ENTRIES: usize = 16_384;

/// All that decides a request's tags, borrowed.
#[derive(PartialEq, Eq, Hash)]
struct Facts<'a> {
    base: TagSetId,
    method: &'a Method,
    url: &'a str,
    name: Option<&'a str>,
    status: u16,
    proto: Option<Proto>,
    error: Option<&'a str>,
    error_code: u16,
    expected: Option<bool>,
    tls: Option<&'a str>,
    ocsp: Option<&'a str>,
    ip: Option<std::net::IpAddr>,
    tags: &'a [Tag],
}

/// The same, kept.
struct Entry {
    base: TagSetId,
    method: Method,
    url: Arc<str>,
    name: Option<Rc<str>>,
    status: u16,
    proto: Option<Proto>,
    error: Option<Arc<str>>,
    error_code: u16,
    expected: Option<bool>,
    tls: Option<&'static str>,
    ocsp: Option<&'static str>,
    ip: Option<std::net::IpAddr>,
    tags: Vec<Tag>,
    series: RequestSeries,
    /// Method and name: what a loop repeats, whatever comes of it.
    repeats: u64,
}

impl Entry {
    fn facts(&self) -> Facts<'_> {
        Facts {
            base: self.base,
            method: &self.method,
            url: &self.url,
            name: self.name.as_deref(),
            status: self.status,
            proto: self.proto,
            error: self.error.as_deref(),
            error_code: self.error_code,
            expected: self.expected,
            tls: self.tls,
            ocsp: self.ocsp,
            ip: self.ip,
            tags: &self.tags,
        }
    }
}

/// Finds the series of requests on one core.
#[derive(Default)]
pub(crate) struct RequestCache {
    entries: HashTable<Entry>,
    hasher: DefaultHashBuilder,
}

/// Records the exchanges of one core.
pub(crate) struct HttpRecorder {
    system_tags: SystemTags,
    with_ip: bool,
    with_ocsp: bool,
    templates: UrlTemplates,
    cache: RequestCache,
    latency: LatencyRecorder,
}

impl HttpRecorder {
    pub(crate) fn new(system_tags: SystemTags, templates: UrlTemplates) -> HttpRecorder {
        HttpRecorder {
            with_ip: system_tags.contains(SystemTag::Ip),
            with_ocsp: system_tags.contains(SystemTag::OcspStatus),
            system_tags,
            templates,
            cache: RequestCache::default(),
            latency: LatencyRecorder::default(),
        }
    }

    /// Samples of all hops of a call. `base`: the VU's tags at this moment.
    pub(crate) fn record(
        &mut self,
        recorder: &mut Recorder,
        base: TagSetId,
        call: &HttpCall,
        outcome: &Outcome,
        (scenarios, vu): (&[CoreScenario], &VuLatency),
        trace: Option<&CallTrace>,
    ) {
        for (hop, exchange) in outcome.redirects.iter().chain([&outcome.last]).enumerate() {
            let (series, duration, key) = self.record_exchange(recorder, base, call, exchange);
            if let Some(trace) = trace {
                trace.observed(hop, duration, exchange.timings.duration());
            }
            let ended = Ended {
                series,
                key,
                answered: exchange.status != 0,
                times: &exchange.timings,
            };
            self.latency.record(recorder, scenarios, vu, &ended);
        }
        if let Some(trace) = trace {
            trace.end(outcome);
        }
    }

    fn record_exchange(
        &mut self,
        recorder: &mut Recorder,
        base: TagSetId,
        call: &HttpCall,
        exchange: &Exchange,
    ) -> (SeriesId, SeriesId, u64) {
        let expected = match &exchange.extra {
            // Digest's first request is sent to be refused.
            Some(extra) if extra.challenge => {
                let judged = call.expected.judge(exchange.status);
                judged.map(|_| exchange.status == 401)
            }
            Some(_) | None => call.expected.judge(exchange.status),
        };
        let facts = Facts {
            base,
            method: &exchange.method,
            url: &exchange.url.tag,
            name: call.name.as_deref(),
            status: exchange.status,
            proto: exchange.proto,
            error: exchange.error.as_ref().map(|error| &*error.message),
            error_code: exchange.error_code().map_or(0, |code| code.0),
            expected,
            tls: exchange.tls.as_ref().map(|tls| tls.version),
            ocsp: if self.with_ocsp {
                ocsp_status(exchange)
            } else {
                None
            },
            ip: if self.with_ip {
                exchange.remote.map(|remote| remote.ip())
            } else {
                None
            },
            tags: &call.tags,
        };
        let hash = self.cache.hasher.hash_one(&facts);
        let (series, repeats) = match self
            .cache
            .entries
            .find(hash, |entry| entry.facts() == facts)
        {
            Some(entry) => (entry.series, entry.repeats),
            None => {
                let name = self.name_of(&facts);
                let tags = request_tags(self.system_tags, recorder, &facts, name);
                let series = recorder.request_series(tags);
                let repeats = self.cache.hasher.hash_one((facts.method, name));
                self.keep(hash, exchange, call, &facts, (series, repeats));
                (series, repeats)
            }
        };
        let times = &exchange.timings;
        recorder.record_request(
            &series,
            &[
                times.duration(),
                times.blocked,
                times.connecting,
                times.tls_handshaking,
                times.sending,
                times.waiting,
                times.receiving,
            ],
            expected.map(|expected| !expected),
        );
        if exchange.retried {
            let retries = recorder.series(metric::HTTP_RETRIES, TagSetId::EMPTY);
            recorder.count(retries);
        }
        (series.corrected, series.duration, repeats)
    }

    fn keep(
        &mut self,
        hash: u64,
        exchange: &Exchange,
        call: &HttpCall,
        facts: &Facts<'_>,
        (series, repeats): (RequestSeries, u64),
    ) {
        let entry = Entry {
            base: facts.base,
            method: exchange.method.clone(),
            url: Arc::clone(&exchange.url.tag),
            name: call.name.clone(),
            status: facts.status,
            proto: facts.proto,
            error: exchange
                .error
                .as_ref()
                .map(|error| Arc::clone(&error.message)),
            error_code: facts.error_code,
            expected: facts.expected,
            tls: exchange.tls.as_ref().map(|tls| tls.version),
            ocsp: facts.ocsp.and_then(|_| ocsp_status(exchange)),
            ip: facts.ip,
            tags: call.tags.clone(),
            series,
            repeats,
        };
        if self.cache.entries.len() >= CACHE_ENTRIES {
            self.cache.entries.clear();
        }
        let hasher = &self.cache.hasher;
        self.cache
            .entries
            .insert_unique(hash, entry, |entry| hasher.hash_one(entry.facts()));
    }

    /// The name that the script gave, or the URL, as the template that it fits.
    fn name_of<'f>(&'f self, facts: &Facts<'f>) -> &'f str {
        facts.name.unwrap_or_else(|| self.templates.name(facts.url))
    }

    /// A request that was cut off before its end: it is no `http_reqs`, but the target may have served it.
    pub(crate) fn record_interrupted(
        &self,
        recorder: &mut Recorder,
        base: TagSetId,
        call: &HttpCall,
    ) {
        let facts = Facts {
            base,
            method: &call.request.method,
            url: &call.request.url.tag,
            name: call.name.as_deref(),
            status: 0,
            proto: None,
            error: None,
            error_code: 0,
            expected: None,
            tls: None,
            ocsp: None,
            ip: None,
            tags: &call.tags,
        };
        let tags = request_tags(self.system_tags, recorder, &facts, self.name_of(&facts));
        let series = recorder.series(metric::HTTP_REQS_INTERRUPTED, tags);
        recorder.count(series);
    }
}

/// What the server has stapled, for the tag that few ask for; nothing without TLS.
fn ocsp_status(exchange: &Exchange) -> Option<&'static str> {
    let tls = exchange.tls.as_ref()?;
    Some(tls.ocsp.as_ref().map_or("unknown", |staple| staple.status))
}

/// The VU's tags, over them the call's own, over them what the request itself says (k6 API reference, 17).
fn request_tags(
    system: SystemTags,
    recorder: &mut Recorder,
    facts: &Facts<'_>,
    name: &str,
) -> TagSetId {
    let status = facts.status.to_string();
    let error_code = facts.error_code.to_string();
    let ip = facts.ip.map(|ip| ip.to_string());
    let computed = [
        (SystemTag::Name, "name", Some(name)),
        (SystemTag::Url, "url", Some(name)),
        (SystemTag::Method, "method", Some(facts.method.as_str())),
        (SystemTag::Status, "status", Some(status.as_str())),
        (SystemTag::Proto, "proto", facts.proto.map(Proto::as_str)),
        (SystemTag::Error, "error", facts.error),
        (
            SystemTag::ErrorCode,
            "error_code",
            (facts.error_code != 0).then_some(error_code.as_str()),
        ),
        (
            SystemTag::ExpectedResponse,
            "expected_response",
            facts.expected.map(|yes| if yes { "true" } else { "false" }),
        ),
        (SystemTag::TlsVersion, "tls_version", facts.tls),
        (SystemTag::OcspStatus, "ocsp_status", facts.ocsp),
        (SystemTag::Ip, "ip", ip.as_deref()),
    ];
    let mut tags: Vec<(&str, &str)> = facts
        .tags
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    tags.extend(
        computed
            .into_iter()
            .filter(|(tag, _, _)| system.contains(*tag))
            .filter_map(|(_, name, value)| Some((name, value?))),
    );
    recorder.extend(facts.base, &tags)
}
