//! Gathers the layers of a test: reads the file, loads the script, and hands all of it to `resolve`.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use loadd_script::{Bundle, Limits, LoadSettings, ScriptError, Source};
use serde_json::{Map, Value};

use super::{
    file::TestFile,
    forms,
    keys::{self, Shape, Unknown},
    layers::{self, Layer, Manner, Merged, Voice},
    locate::Places,
    options,
    problem::{Origin, Problem, Refusal},
    resolve::{self, Way},
    surroundings::Surroundings,
    test::{ResolvedTest, Worker},
    unsupported,
};

/// A path as people write it: `scenarios.browse.rate`, keys with dots in quotes.
pub(crate) fn dotted(path: &[String]) -> String {
    let plain = |key: &String| {
        key.chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
    };
    let keys: Vec<_> = path
        .iter()
        .map(|key| {
            if plain(key) {
                key.clone()
            } else {
                format!("{key:?}")
            }
        })
        .collect();
    keys.join(".")
}

/// A test of the daemon: the TOML file and what it names.
pub(crate) fn daemon(
    path: &Path,
    flags: Map<String, Value>,
    around: &Surroundings,
) -> Result<ResolvedTest, Refusal> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let help = "name the TOML file of the test: loadd --config test.toml; `loadd schema` shows its keys";
        let message = format!("cannot read the config {}: {error}", path.display());
        Refusal::Config { problems: vec![Problem::new("", Origin::Default, message).help(help)], text: None }
    })?;
    let refuse = |mut problems: Vec<Problem>| {
        problems.sort_by_key(Problem::place);
        Refusal::Config {
            problems,
            text: Some(text.clone()),
        }
    };
    let (map, mut places) = Places::read(&text).map_err(|error| {
        let origin = Origin::File {
            path: path.to_owned(),
            line: error.line,
            column: error.column,
        };
        refuse(vec![Problem::new("", origin, error.message)])
    })?;
    let mut gather = Gather::new();
    let map = gather.known(map, &mut |from, to| places.rename(from, to));
    let unknown = std::mem::take(&mut gather.unknown);
    let file = gather.supported(Layer::new(Voice::File(path.to_owned(), places), map));
    gather
        .problems
        .extend(unknown.iter().map(|unknown| complaint(unknown, &file)));
    let env = gather.environment(around);
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let stem = path
        .file_stem()
        .map_or_else(|| "test".into(), |stem| stem.to_string_lossy().into_owned());
    let defaults = Layer::new(Voice::Defaults, around.defaults(&stem));
    let flags = Layer::new(
        Voice::Flags(vec![("daemon", "--log-format, --linger")]),
        flags,
    );

    // The script is named by the layers above it, so these are looked at once before its own options are known.
    let above = Merged::of(
        vec![defaults.clone(), file.clone(), env.clone(), flags.clone()],
        Manner::Deep,
    );
    let first = forms::read(&above, &mut Vec::new());
    let mut way = Way::daemon(around, folder, &first);
    way.worker = resolve::worker(&first, &above, around, &mut gather.problems);
    way.env = environment(around, &first.env, way.worker, &above, &mut gather.problems);
    let Some(script) = &first.script else {
        if !above.map.contains_key("script") {
            let origin = Origin::File {
                path: path.to_owned(),
                line: 1,
                column: 1,
            };
            gather.problems.push(
                Problem::new("script", origin, "is missing")
                    .help("name the k6 script, relative to this file"),
            );
        }
        forms::read(&above, &mut gather.problems);
        return Err(refuse(gather.problems));
    };
    let source = Source::File(way.folder.join(script));
    match Bundle::load(&source, &way.load_settings(&first, Limits::default())) {
        Ok(bundle) => {
            let script = gather.script(&bundle);
            let merged = Merged::of(vec![defaults, script, file, env, flags], Manner::Deep);
            resolve::resolve(
                &merged,
                Arc::new(bundle),
                way,
                gather.problems,
                gather.warnings,
            )
            .map_err(refuse)
        }
        Err(error) => {
            forms::read(&above, &mut gather.problems);
            if gather.problems.is_empty() {
                return Err(Refusal::Script(Box::new(error)));
            }
            gather.problems.push(of_script(&error));
            Err(refuse(gather.problems))
        }
    }
}

/// `__ENV` of the daemon: the system's variables, and the file's over them.
fn environment(
    around: &Surroundings,
    own: &BTreeMap<String, String>,
    worker: Option<Worker>,
    merged: &Merged,
    problems: &mut Vec<Problem>,
) -> Vec<(String, String)> {
    let mut env = around.vars.clone();
    for (name, value) in own {
        let mut value = value.clone();
        for (what, number) in [
            ("index", worker.map(|worker| worker.index)),
            ("count", worker.map(|worker| worker.count)),
        ] {
            let variable = format!("${{workers.{what}}}");
            match number {
                Some(number) => value = value.replace(&variable, &number.to_string()),
                None if value.contains(&variable) => {
                    let path = ["env".to_owned(), name.clone()];
                    let message = format!("{variable} is not known here");
                    problems.push(
                        Problem::new(dotted(&path), merged.origin(&path), message)
                            .help("set workers.index and workers.count"),
                    );
                }
                None => {}
            }
        }
        put(&mut env, name, &value);
    }
    env
}

pub(super) fn put(env: &mut Vec<(String, String)>, name: &str, value: &str) {
    env.retain(|(known, _)| known != name);
    env.push((name.to_owned(), value.to_owned()));
}

fn complaint(unknown: &Unknown, layer: &Layer) -> Problem {
    let key = dotted(&unknown.path);
    let origin = layer.origin(&unknown.path);
    if unknown.twice {
        return Problem::new(key, origin, "stands here twice, in both its spellings")
            .help("delete one of them");
    }
    let problem = Problem::new(key, origin, "unknown key");
    match &unknown.nearest {
        Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
        None => problem.help("`loadd schema` shows the keys that there are"),
    }
}

/// A script that cannot be loaded, as one problem among others.
fn of_script(error: &ScriptError) -> Problem {
    let origin = match (&error.file, error.line) {
        (Some(file), Some(line)) => Origin::File {
            path: file.into(),
            line: line as usize,
            column: error.column.unwrap_or(1) as usize,
        },
        (Some(file), None) => Origin::Script(file.clone()),
        (None, _) => Origin::Default,
    };
    Problem {
        key: String::new(),
        origin,
        message: error.message.clone(),
        help: error.help.clone(),
    }
}

/// Collects what is wrong while layers are gathered.
pub(super) struct Gather {
    shape: Shape,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
    unknown: Vec<Unknown>,
}

impl Gather {
    pub(super) fn new() -> Gather {
        let shape = Shape::of(&super::schema());
        Gather {
            shape,
            problems: Vec::new(),
            warnings: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Known keys in their one spelling; what is not supported yet passes, to be refused with its layer.
    pub(super) fn known(
        &mut self,
        map: Map<String, Value>,
        renamed: &mut dyn FnMut(&[String], &[String]),
    ) -> Map<String, Value> {
        let (map, unknown) = keys::normalise(map, &self.shape, &unsupported::is_listed, renamed);
        self.unknown = unknown;
        map
    }

    /// The layer without what is not supported yet; each such key is a problem.
    pub(super) fn supported(&mut self, mut layer: Layer) -> Layer {
        let refused = unsupported::take(&mut layer.map);
        for (path, message) in refused {
            self.problems.push(
                Problem::new(dotted(&path), layer.origin(&path), message).help("take it out"),
            );
        }
        layer
    }

    /// `LOADD_*`: unknown ones only warn, since Kubernetes puts its own there.
    fn environment(&mut self, around: &Surroundings) -> Layer {
        let map = layers::from_env(&around.with_prefix("LOADD_"));
        let map = self.known(map, &mut |_, _| {});
        let layer = self.supported(Layer::new(Voice::Env("LOADD_"), map));
        for unknown in std::mem::take(&mut self.unknown) {
            self.warnings.push(format!(
                "{} names no key of the config and is ignored",
                layer.origin(&unknown.path)
            ));
        }
        layer
    }

    /// The script's options: unknown ones at the top warn, inside a scenario they are errors, elsewhere silence, as in k6.
    pub(super) fn script(&mut self, bundle: &Bundle) -> Layer {
        let options = bundle.options.as_object().cloned().unwrap_or_default();
        self.options(&bundle.display_name, options)
    }

    /// Options by themselves, as an archive has them.
    pub(super) fn options(&mut self, name: &str, mut options: Map<String, Value>) -> Layer {
        let name = name.to_owned();
        options.retain(|key, _| !unsupported::FREE.contains(&key.as_str()));
        let mut map = self.known(options, &mut |_, _| {});
        let mut unknown: Vec<_> = std::mem::take(&mut self.unknown)
            .into_iter()
            .map(|unknown| unknown.path)
            .collect();
        let foreign: Vec<_> = map
            .keys()
            .filter(|key| !options::is_option(key))
            .cloned()
            .collect();
        for key in foreign {
            map.remove(&key);
            unknown.push(vec![key]);
        }
        let layer = self.supported(Layer::new(Voice::Script(name.clone()), map));
        for path in unknown {
            match path.as_slice() {
                [key] => self
                    .warnings
                    .push(format!("unknown option {key:?} in the options of {name}")),
                [first, ..] if first == "scenarios" => {
                    self.problems.push(Problem::new(
                        dotted(&path),
                        layer.origin(&path),
                        "unknown field of a scenario",
                    ));
                }
                [first, ..] if first == "tls_auth" || first == "tls_version" => {
                    let origin = layer.origin(&path);
                    let problem = Problem::new(dotted(&path), origin, "unknown field");
                    self.problems.push(problem);
                }
                _ => {}
            }
        }
        layer
    }
}

impl Way {
    /// What the first load of the script needs.
    pub(super) fn load_settings(&self, file: &TestFile, limits: Limits) -> LoadSettings {
        let own = file
            .modules
            .iter()
            .map(|(name, path)| (name.clone(), self.folder.join(path)));
        LoadSettings {
            env: self.env.clone(),
            import_map: self.import_map.clone().into_iter().chain(own).collect(),
            remote: self.remote.clone(),
            limits: resolve::limits(file, limits),
            secrets: self.secrets.clone(),
            keep_sources: self.keep_sources,
            without_global: self.without_global,
            freeze_env: self.freeze_env,
        }
    }
}
