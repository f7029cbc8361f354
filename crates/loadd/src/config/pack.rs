//! `loadd archive`: a script, all that its init reads, and the options that hold, as one archive.

use std::{
    collections::BTreeMap,
    io,
    path::{Component, Path, PathBuf},
};

use loadd_metrics::{SystemTag, SystemTags};

use super::{
    archive::{self, Facts},
    forms, inspect,
    k6::{self, Purpose, RunRequest},
    problem::Refusal,
    surroundings::Surroundings,
};

/// An archive that can be written.
pub(crate) struct Pack {
    main: String,
    files: BTreeMap<String, Vec<u8>>,
    facts: Facts,
    /// To be said aloud.
    pub(crate) warnings: Vec<String>,
}

impl Pack {
    /// Writes it.
    ///
    /// # Errors
    /// As the writer's.
    pub(crate) fn write(&self, out: impl io::Write) -> io::Result<()> {
        archive::write(out, &self.main, &self.files, &self.facts)
    }
}

/// Packs a script. `env`: whether the variables go along.
pub(crate) fn pack(
    request: &RunRequest,
    around: &Surroundings,
    compatibility: &'static str,
    env: bool,
) -> Result<Pack, Refusal> {
    let mut gathered = k6::gather(request, around, Purpose::Pack)?;
    forms::read(&gathered.merged, &mut gathered.problems);
    if !gathered.problems.is_empty() {
        return Err(Refusal::Config {
            problems: gathered.problems,
            text: None,
        });
    }
    let mut options = k6::consolidated(&gathered);
    options.retain(|_, value| !value.is_null());
    let stats = ["avg", "min", "med", "max", "p(90)", "p(95)"];
    options
        .entry("summaryTrendStats")
        .or_insert_with(|| stats.as_slice().into());
    options.entry("systemTags").or_insert_with(|| {
        let tags = SystemTags::default();
        let mut tags: Vec<_> = tags.iter().map(SystemTag::as_str).collect();
        tags.sort_unstable();
        tags.into()
    });
    let folder = std::env::current_dir().unwrap_or_default();
    let absolute = |name: &str| {
        if name.starts_with("https://") {
            return name.to_owned();
        }
        tidy(&folder.join(name))
    };
    let sources = gathered.bundle.sources();
    let files = sources
        .iter()
        .map(|(name, bytes)| (absolute(name), bytes.to_vec()));
    Ok(Pack {
        main: absolute(&gathered.bundle.display_name),
        files: files.collect(),
        facts: Facts {
            options: inspect::shown(&options),
            env: env.then(|| gathered.way.env.into_iter().collect()),
            compatibility,
        },
        warnings: gathered.warnings,
    })
}

/// Without `.` and `..`.
fn tidy(path: &Path) -> String {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::RootDir | Component::Prefix(_) | Component::Normal(_) => out.push(part),
        }
    }
    out.to_string_lossy().into_owned()
}
