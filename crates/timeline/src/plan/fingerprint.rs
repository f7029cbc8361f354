//! A plan's fingerprint: FNV-1a over a canonical text, so that it is the same in every process, on every machine and in
//! every version. The checkpoint compares it to tell a run that goes on from a new one.

use std::fmt::{self, Write};

use super::{Executor, OnExhausted, Plan, ScenarioPlan, Stage};
use crate::Length;

impl Plan {
    /// Equal for equal plans; a different plan differs with near certainty.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        for scenario in &self.scenarios {
            scenario
                .write_canonical(&mut hash)
                .expect("writing into a hash cannot fail");
        }
        hash.0
    }
}

struct Fnv(u64);

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}

impl ScenarioPlan {
    /// Texts carry their length, so that no two plans have the same canonical text. Changing this changes every
    /// fingerprint: a worker restarted over such an update begins a new run.
    fn write_canonical(&self, out: &mut Fnv) -> fmt::Result {
        text(out, "scenario", &self.name)?;
        write!(
            out,
            "start {} graceful {} ",
            self.start_time.0, self.graceful_stop.0
        )?;
        text(out, "exec", &self.exec)?;
        for (kind, map) in [("env", &self.env), ("tag", &self.tags)] {
            for (key, value) in map {
                text(out, kind, key)?;
                text(out, "is", value)?;
            }
        }
        write!(out, "{} ", self.executor.type_name())?;
        self.executor.write_canonical(out)
    }
}

impl Executor {
    fn write_canonical(&self, out: &mut Fnv) -> fmt::Result {
        match self {
            Self::ConstantVus { vus, duration } => {
                write!(out, "{vus} ")?;
                length(out, *duration)
            }
            Self::RampingVus {
                start_vus,
                stages,
                graceful_ramp_down,
            } => {
                write!(out, "{start_vus} {} ", graceful_ramp_down.0)?;
                write_stages(out, stages)
            }
            Self::PerVuIterations {
                vus,
                iterations,
                max_duration,
            }
            | Self::SharedIterations {
                vus,
                iterations,
                max_duration,
            } => {
                write!(out, "{vus} {iterations} {} ", max_duration.0)
            }
            Self::ConstantArrivalRate {
                rate,
                time_unit,
                duration,
                pre_allocated_vus,
                max_vus,
                on_exhausted,
            } => {
                write!(out, "{rate} {} {pre_allocated_vus} {max_vus} ", time_unit.0)?;
                exhausted(out, *on_exhausted)?;
                length(out, *duration)
            }
            Self::RampingArrivalRate {
                start_rate,
                time_unit,
                stages,
                pre_allocated_vus,
                max_vus,
                on_exhausted,
            } => {
                write!(
                    out,
                    "{start_rate} {} {pre_allocated_vus} {max_vus} ",
                    time_unit.0
                )?;
                exhausted(out, *on_exhausted)?;
                write_stages(out, stages)
            }
        }
    }
}

fn text(out: &mut Fnv, kind: &str, text: &str) -> fmt::Result {
    write!(out, "{kind} {}:{text} ", text.len())
}

fn length(out: &mut Fnv, length: Length) -> fmt::Result {
    match length {
        Length::For(length) => write!(out, "for {} ", length.0),
        Length::Forever => out.write_str("forever "),
    }
}

fn exhausted(out: &mut Fnv, on_exhausted: OnExhausted) -> fmt::Result {
    out.write_str(match on_exhausted {
        OnExhausted::Drop => "drop ",
        OnExhausted::Queue => "queue ",
    })
}

fn write_stages(out: &mut Fnv, stages: &[Stage]) -> fmt::Result {
    stages
        .iter()
        .try_for_each(|stage| write!(out, "{}:{} ", stage.duration.0, stage.target))
}
