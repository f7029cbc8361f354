//! Outputs that write every single sample: `--out json=FILE` and `--out csv=FILE`, in k6's formats.
//!
//! One thread takes the samples from the tap and hands each batch to every writer; the load never waits for it. What the
//! tap had to throw away, and what could not be written, is counted and said.

mod csv;
mod go;
mod json;
mod sink;
mod when;

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use loadd_metrics::{
    Family, Fed, MetricInfo, Registry, Selector, SystemTags, TagSet, TapFeed, TapSample,
};

use crate::error::Error;
use sink::Sink;

pub use csv::TimeFormat;

/// How long the thread waits for samples before it looks whether it is to end.
const POLL: Duration = Duration::from_millis(100);

/// Where samples are written to.
pub enum SampleTarget {
    /// A file, made anew; with `.gz` at the end compressed.
    File(PathBuf),
    /// Standard output, which belongs to the terminal.
    Stream(Box<dyn io::Write + Send>),
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleFormat {
    /// k6's JSON lines.
    Json,
    /// k6's CSV.
    Csv {
        /// Form of the times.
        time: TimeFormat,
    },
}

/// One output.
pub struct SampleOutput {
    /// Form.
    pub format: SampleFormat,
    /// Place.
    pub target: SampleTarget,
    /// How often what was written is handed to the system.
    pub flush_every: Duration,
}

/// What a metric's line says beside its name: thresholds and submetrics of the test.
#[derive(Debug, Clone, Default)]
pub struct MetricFacts {
    /// The thresholds of exactly this metric, each as JSON text.
    pub thresholds: Vec<String>,
    /// Selectors of it that are judged or shown.
    pub submetrics: Vec<Selector>,
}

/// What the formats need to know about the test.
#[derive(Debug, Clone, Default)]
pub struct SampleFacts {
    /// By metric.
    pub metrics: BTreeMap<String, MetricFacts>,
    /// The columns of CSV.
    pub system_tags: SystemTags,
}

/// What became of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SampleReport {
    /// Written, by each output.
    pub written: u64,
    /// Thrown away, since the writer did not keep up.
    pub lost: u64,
    /// Outputs that could not write to their end.
    pub failed: u64,
}

/// A series, looked up once.
struct Known {
    metric: MetricInfo,
    tags: Arc<TagSet>,
}

/// A form that writes samples.
trait Form: Send {
    /// Appends a sample as text.
    fn sample(&mut self, series: usize, known: &Known, sample: &TapSample, out: &mut Vec<u8>);
}

struct Writer {
    form: Box<dyn Form>,
    sink: Sink,
    failed: bool,
}

/// The thread at work.
#[derive(Debug)]
pub struct SampleFiles {
    thread: JoinHandle<SampleReport>,
    stop: Arc<AtomicBool>,
}

impl SampleFiles {
    /// Opens all files and starts the thread.
    ///
    /// # Errors
    /// A file that cannot be made, or no thread.
    pub fn start(
        outputs: Vec<SampleOutput>,
        facts: &SampleFacts,
        registry: Arc<Registry>,
        feed: TapFeed,
    ) -> Result<SampleFiles, Error> {
        let mut writers = Vec::new();
        for output in outputs {
            let mut sink = Sink::open(output.target, output.flush_every)?;
            let form: Box<dyn Form> = match output.format {
                SampleFormat::Json => Box::new(json::Json::new(facts.metrics.clone())),
                SampleFormat::Csv { time } => {
                    let csv = csv::Csv::new(facts.system_tags, time);
                    sink.put(&csv.header());
                    Box::new(csv)
                }
            };
            writers.push(Writer {
                form,
                sink,
                failed: false,
            });
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (asked, registry) = (Arc::clone(&stop), registry);
        let thread = std::thread::Builder::new()
            .name("samples".to_owned())
            .spawn(move || write(writers, &registry, &feed, &asked))
            .map_err(|error| Error::Thread {
                name: "the sample outputs",
                error,
            })?;
        Ok(SampleFiles { thread, stop })
    }

    /// Writes what is still in the tap, and closes all files. Call it once no recorder is left.
    #[must_use]
    pub fn finish(self) -> SampleReport {
        self.stop.store(true, Ordering::Release);
        let report = self.thread.join().unwrap_or(SampleReport {
            failed: 1,
            ..SampleReport::default()
        });
        if report.lost > 0 {
            tracing::error!(
                target: "loadd::outputs",
                lost = report.lost,
                "samples are missing in the files: they came faster than they could be written"
            );
        }
        report
    }
}

fn write(
    mut writers: Vec<Writer>,
    registry: &Registry,
    feed: &TapFeed,
    stop: &AtomicBool,
) -> SampleReport {
    let mut report = SampleReport::default();
    let mut known: Vec<Option<Known>> = Vec::new();
    let mut told = 0;
    loop {
        match feed.next(POLL) {
            Fed::Samples(samples) => {
                for sample in samples {
                    report.written += u64::from(one(&mut writers, &mut known, registry, &sample));
                }
            }
            Fed::Nothing if stop.load(Ordering::Acquire) => break,
            Fed::Nothing => {}
            Fed::Over => break,
        }
        let lost = feed.lost();
        if lost > 0 && told == 0 {
            told = lost;
            tracing::warn!(target: "loadd::outputs", "samples come faster than they can be written; some are left out");
        }
        for writer in &mut writers {
            let flushed = writer.sink.flush_if_due();
            writer.told(flushed);
        }
    }
    for mut writer in writers {
        let closed = writer.sink.close();
        writer.told(closed);
        report.failed += u64::from(writer.failed);
    }
    report.lost = feed.lost();
    report
}

/// Writes one sample to all writers; `false` for what is not k6's.
fn one(
    writers: &mut [Writer],
    known: &mut Vec<Option<Known>>,
    registry: &Registry,
    sample: &TapSample,
) -> bool {
    let index = sample.series.index();
    if known.len() <= index {
        known.resize_with(index + 1, || None);
    }
    let slot = &mut known[index];
    if slot.is_none() {
        *slot = registry
            .describe(sample.series)
            .map(|(metric, tags)| Known { metric, tags });
    }
    let Some(series) = slot else { return false };
    if series.metric.family != Family::K6 {
        return false;
    }
    for writer in writers {
        if !writer.failed {
            writer
                .form
                .sample(index, series, sample, writer.sink.buffer());
        }
    }
    true
}

impl Writer {
    /// The first fault ends this output, and is told once.
    fn told(&mut self, result: io::Result<()>) {
        if let Err(error) = result
            && !self.failed
        {
            self.failed = true;
            tracing::error!(target: "loadd::outputs", "cannot write samples to {}: {error}", self.sink.name());
        }
    }
}

#[cfg(test)]
mod tests;
