//! Spans of requests to an OTLP receiver, with OpenTelemetry's own SDK and exporters.
//!
//! The event loops put ended spans into a bounded queue and go on; a thread with a runtime of its own sends them. What does
//! not fit, and what the receiver does not take, is dropped and counted.

mod connect;
mod queue;

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use http::Uri;
use opentelemetry::{
    InstrumentationScope, KeyValue, global::BoxedTracer, trace::TracerProvider as _,
};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::{
    Protocol, SpanExporter, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider, SpanExporter as _},
};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, watch},
    time::Instant,
};
use tonic::{
    metadata::{MetadataKey, MetadataMap},
    transport::Endpoint,
};

pub use queue::TraceCounters;

use self::{
    connect::Connector,
    queue::{Queue, Sender, WAITING},
};
use crate::{
    clock,
    error::Error,
    output::RunIdentity,
    settings::{OtlpProtocol, TracesSettings},
};

/// How long one request may take, its repetitions included.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The exporter of spans at work.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    counters: Arc<TraceCounters>,
    ending: watch::Sender<Option<Instant>>,
    thread: JoinHandle<()>,
}

/// What became of the spans of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceReport {
    /// Taken by the receiver.
    pub sent: u64,
    /// Lost.
    pub dropped: u64,
}

impl Traces {
    /// Starts the exporter's thread. Of the identity only names count: spans carry their own times.
    ///
    /// # Errors
    /// Where settings or certificates are not usable, or the system gives no thread.
    pub fn start(settings: &TracesSettings, identity: &RunIdentity) -> Result<Traces, Error> {
        settings.validate().map_err(Error::Settings)?;
        let thread = |error| Error::Thread {
            name: "traces",
            error,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(thread)?;
        let mut exporter = exporter(settings, &runtime).map_err(Error::Traces)?;
        let resource = resource(settings, identity);
        exporter.set_resource(&resource);
        let counters = Arc::new(TraceCounters::default());
        let (spans, waiting) = mpsc::channel(WAITING);
        let (ending, ended) = watch::channel(None);
        let sender = Sender {
            spans: waiting,
            exporter,
            counters: Arc::clone(&counters),
            ending: ended,
            said: None,
        };
        let thread = std::thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || {
                runtime.block_on(sender.work());
                // A name that is still being looked up must not hold the end.
                runtime.shutdown_background();
            })
            .map_err(thread)?;
        let queue = Queue {
            spans,
            counters: Arc::clone(&counters),
        };
        let sampler = Sampler::TraceIdRatioBased(settings.ratio);
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(sampler)))
            .with_resource(resource)
            .with_span_processor(queue)
            .build();
        Ok(Traces {
            provider,
            counters,
            ending,
            thread,
        })
    }

    /// Who makes the spans.
    #[must_use]
    pub fn tracer(&self) -> BoxedTracer {
        let scope = InstrumentationScope::builder("loadd").with_version(env!("CARGO_PKG_VERSION"));
        BoxedTracer::new(Box::new(self.provider.tracer_with_scope(scope.build())))
    }

    /// What it counts about itself.
    #[must_use]
    pub fn counters(&self) -> Arc<TraceCounters> {
        Arc::clone(&self.counters)
    }

    /// Blocks until all spans are sent or the time is up. No span ends afterwards.
    pub fn finish(self, timeout: Duration) -> TraceReport {
        self.ending.send_replace(Some(clock::now() + timeout));
        if self.thread.join().is_err() {
            tracing::error!("the exporter of traces has failed");
        }
        TraceReport {
            sent: self
                .counters
                .sent
                .load(std::sync::atomic::Ordering::Relaxed),
            dropped: self
                .counters
                .dropped
                .load(std::sync::atomic::Ordering::Relaxed),
        }
    }
}

fn exporter(settings: &TracesSettings, runtime: &Runtime) -> Result<SpanExporter, String> {
    // Channels and clients spawn their tasks where they are made.
    let _here = runtime.enter();
    match settings.protocol {
        OtlpProtocol::Http => {
            let url = settings.url();
            let uri: Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
            let connector = Connector::new(&uri, &settings.tls, false)?;
            let headers = settings.headers.clone();
            SpanExporter::builder()
                .with_http()
                .with_protocol(Protocol::HttpBinary)
                .with_http_client(HyperClient::new(connector, TIMEOUT, None))
                .with_endpoint(url)
                .with_timeout(TIMEOUT)
                .with_headers(headers.into_iter().collect())
                .build()
                .map_err(|error| error.to_string())
        }
        OtlpProtocol::Grpc => {
            let url = &settings.endpoint;
            let uri: Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
            let connector = Connector::new(&uri, &settings.tls, true)?;
            let authority = uri.authority().map_or("", http::uri::Authority::as_str);
            // The connector speaks TLS by itself; to the channel every connection is a plain one.
            let endpoint = Endpoint::from_shared(format!("http://{authority}"))
                .map_err(|error| format!("{url}: {error}"))?
                .origin(uri.clone())
                .timeout(TIMEOUT);
            SpanExporter::builder()
                .with_tonic()
                .with_channel(endpoint.connect_with_connector_lazy(connector))
                .with_timeout(TIMEOUT)
                .with_metadata(metadata(settings)?)
                .build()
                .map_err(|error| error.to_string())
        }
    }
}

fn metadata(settings: &TracesSettings) -> Result<MetadataMap, String> {
    let mut map = MetadataMap::new();
    for (name, value) in &settings.headers {
        let wrong = || format!("headers.{name} cannot be sent over gRPC");
        let name: MetadataKey<_> = name.to_ascii_lowercase().parse().map_err(|_| wrong())?;
        map.insert(name, value.parse().map_err(|_| wrong())?);
    }
    Ok(map)
}

/// The same attributes as those of the metrics over OTLP.
fn resource(settings: &TracesSettings, identity: &RunIdentity) -> Resource {
    let labels = identity.wire_labels();
    let job = labels.iter().find(|(name, _)| name == "job");
    let job = job.map_or("loadd", |(_, value)| value.as_str());
    let service = settings.service.as_deref().unwrap_or(job).to_owned();
    let mut attributes = vec![
        KeyValue::new("service.name", service),
        KeyValue::new("service.instance.id", identity.instance.clone()),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
    ];
    let others = labels
        .iter()
        .filter(|(name, _)| name != "job" && name != "instance");
    attributes.extend(others.map(|(name, value)| KeyValue::new(name.clone(), value.clone())));
    Resource::builder().with_attributes(attributes).build()
}

#[cfg(test)]
mod tests;
