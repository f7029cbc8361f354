//! Spans of requests: one for each hop, begun before it is sent, so that its `traceparent` goes along.
//!
//! Off, none of this is made: a request looks at one `Option` and goes on. Attributes and their names are those of
//! OpenTelemetry's conventions for HTTP clients.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderValue, Method};
use loadd_client::{Exchange, HttpRequest, NextHop, Outcome, Proto};
use loadd_metrics::{Exemplar, Exemplars, SeriesId};
use loadd_script::HttpCall;
use opentelemetry::{
    Context, KeyValue,
    global::{BoxedSpan, BoxedTracer},
    trace::{
        Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
        TraceState, Tracer,
    },
};

/// W3C trace context.
const TRACEPARENT: &str = "traceparent";

/// Who makes the spans, and where those of slow requests are remembered.
#[derive(Debug, Clone)]
pub struct Tracing {
    tracer: Arc<BoxedTracer>,
    exemplars: Arc<Exemplars>,
}

impl Tracing {
    /// Spans by this tracer.
    #[must_use]
    pub fn new(tracer: BoxedTracer, exemplars: Arc<Exemplars>) -> Tracing {
        Tracing {
            tracer: Arc::new(tracer),
            exemplars,
        }
    }
}

/// Where in the test a call was made.
#[derive(Debug, Default)]
pub(crate) struct Place {
    pub(crate) scenario: Option<Rc<str>>,
    pub(crate) vu: u64,
    pub(crate) iteration: Option<u64>,
}

/// The spans of one call.
pub(crate) struct CallTrace {
    tracing: Tracing,
    place: Place,
    name: Option<Rc<str>>,
    /// The script's own `traceparent`: it goes to the target as it is, and the spans are children of its span.
    given: Option<SpanContext>,
    hops: RefCell<Vec<Hop>>,
}

struct Hop {
    span: BoxedSpan,
    begun: SystemTime,
}

impl std::fmt::Debug for CallTrace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CallTrace")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl CallTrace {
    /// Begins the span of the first hop. Those of later hops begin when the client comes to them.
    pub(crate) fn begin(tracing: &Tracing, place: Place, call: &mut HttpCall) -> Rc<CallTrace> {
        let given = call.request.headers.get(TRACEPARENT);
        let trace = Rc::new(CallTrace {
            tracing: tracing.clone(),
            place,
            name: call.name.clone(),
            given: given
                .and_then(|value| value.to_str().ok())
                .map(|text| parse(text).unwrap_or(SpanContext::NONE)),
            hops: RefCell::default(),
        });
        trace.next_hop(&mut call.request);
        call.request.next_hop = Some(Rc::clone(&trace) as Rc<dyn NextHop>);
        trace
    }

    /// Ends the spans of all hops of a call.
    pub(crate) fn end(&self, outcome: &Outcome) {
        let mut hops = self.hops.borrow_mut();
        let exchanges = outcome.redirects.iter().chain([&outcome.last]);
        for (hop, exchange) in hops.iter_mut().zip(exchanges) {
            hop.end(exchange);
        }
    }

    /// Remembers the span of a hop with the series that its duration was counted in.
    pub(crate) fn observed(&self, number: usize, series: SeriesId, nanos: u64) {
        let hops = self.hops.borrow();
        let Some(hop) = hops.get(number) else { return };
        let context = hop.span.span_context();
        if !context.is_sampled() {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "exact up to 104 days")]
        let value = nanos as f64 / 1e9;
        self.tracing.exemplars.offer(
            series,
            Exemplar {
                trace_id: u128::from_be_bytes(context.trace_id().to_bytes()),
                span_id: u64::from_be_bytes(context.span_id().to_bytes()),
                value,
                time_ms: unix_ms(SystemTime::now()),
            },
        );
    }

    fn attributes(&self, request: &HttpRequest, number: usize) -> Vec<KeyValue> {
        let method = known(&request.method);
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.unwrap_or("_OTHER")),
            KeyValue::new("url.full", Arc::clone(&request.url.tag)),
            KeyValue::new("server.address", Arc::clone(&request.url.host)),
            KeyValue::new("server.port", i64::from(request.url.port)),
            KeyValue::new("vu", whole(self.place.vu)),
        ];
        if method.is_none() {
            let original = request.method.as_str().to_owned();
            attributes.push(KeyValue::new("http.request.method_original", original));
        }
        if number > 0 {
            attributes.push(KeyValue::new(
                "http.request.resend_count",
                whole(number as u64),
            ));
        }
        if let Some(scenario) = &self.place.scenario {
            attributes.push(KeyValue::new("scenario", scenario.to_string()));
        }
        if let Some(iteration) = self.place.iteration {
            attributes.push(KeyValue::new("iteration", whole(iteration)));
        }
        if let Some(name) = &self.name {
            attributes.push(KeyValue::new("name", name.to_string()));
        }
        attributes
    }

    /// What a hop's span is a child of: what the script says, else the call's first hop, which is nobody's child.
    fn parent(&self) -> Context {
        let hops = self.hops.borrow();
        let first = hops.first().map(|hop| hop.span.span_context().clone());
        match self.given.clone().or(first) {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        }
    }
}

impl NextHop for CallTrace {
    fn next_hop(&self, request: &mut HttpRequest) {
        let number = self.hops.borrow().len();
        let begun = SystemTime::now();
        let name = known(&request.method)
            .map_or_else(|| "HTTP".to_owned(), |method| format!("HTTP {method}"));
        let builder = self
            .tracing
            .tracer
            .span_builder(name)
            .with_kind(SpanKind::Client)
            .with_start_time(begun)
            .with_attributes(self.attributes(request, number));
        let span = self
            .tracing
            .tracer
            .build_with_context(builder, &self.parent());
        if self.given.is_none()
            && let Ok(value) = HeaderValue::try_from(traceparent(span.span_context()))
        {
            request.headers.insert(TRACEPARENT, value);
        }
        self.hops.borrow_mut().push(Hop { span, begun });
    }
}

impl Drop for CallTrace {
    /// What has not ended was cut off with its iteration.
    fn drop(&mut self) {
        for hop in self.hops.get_mut() {
            if hop.span.is_recording() {
                hop.span
                    .set_attribute(KeyValue::new("error.type", "interrupted"));
                hop.span.set_status(Status::error("interrupted"));
                hop.span.end();
            }
        }
    }
}

impl Hop {
    fn end(&mut self, exchange: &Exchange) {
        let span = &mut self.span;
        if !span.is_recording() {
            return;
        }
        if exchange.status != 0 {
            span.set_attribute(KeyValue::new(
                "http.response.status_code",
                i64::from(exchange.status),
            ));
        }
        if let Some(proto) = exchange.proto {
            let version = match proto {
                Proto::Http10 => "1.0",
                Proto::Http11 => "1.1",
                Proto::Http2 => "2",
            };
            span.set_attribute(KeyValue::new("network.protocol.version", version));
        }
        if let Some(remote) = exchange.remote {
            let address = remote.ip().to_string();
            span.set_attribute(KeyValue::new("network.peer.address", address));
            span.set_attribute(KeyValue::new("network.peer.port", i64::from(remote.port())));
        }
        if let Some(error) = &exchange.error {
            span.set_attribute(KeyValue::new("error.type", error.code.0.to_string()));
            span.set_status(Status::error(error.message.to_string()));
        } else if exchange.status >= 400 {
            span.set_attribute(KeyValue::new("error.type", exchange.status.to_string()));
            span.set_status(Status::error(""));
        }
        let times = &exchange.timings;
        let took = Duration::from_nanos(times.blocked.saturating_add(times.duration()));
        let ended = match times.asked {
            Some(_) => self.begun.checked_add(took),
            None => None,
        };
        span.end_with_timestamp(ended.unwrap_or_else(SystemTime::now));
    }
}

/// Methods that the conventions know; any other would make attributes without end.
fn known(method: &Method) -> Option<&'static str> {
    [
        "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "QUERY",
    ]
    .into_iter()
    .find(|known| *known == method.as_str())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unix_ms(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// `00-<trace>-<span>-<flags>`
fn traceparent(context: &SpanContext) -> String {
    format!(
        "00-{}-{}-{:02x}",
        context.trace_id(),
        context.span_id(),
        context.trace_flags() & TraceFlags::SAMPLED
    )
}

/// What a script's own header says, if it is one.
fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.trim().split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    if !hex(version, 2) || version == "ff" || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_context_is_read_and_written_as_w3c_has_it() {
        let context = parse(GIVEN).unwrap();
        assert!(context.is_sampled());
        assert_eq!(traceparent(&context), GIVEN);
        let quiet = GIVEN.replace("-01", "-00");
        assert_eq!(traceparent(&parse(&quiet).unwrap()), quiet);
    }

    #[test]
    fn anything_else_is_no_trace_context() {
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f35-00f067aa0ba902b7-01",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
