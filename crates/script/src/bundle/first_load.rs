//! The first load: compiles everything that init imports and sees what the script exports.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use loadd_metrics::{Contains, Kind, MetricId};
use rquickjs::{Ctx, Object, Value};

use super::disk::Disk;
use super::{Bundle, LoadFault, LoadSettings, MetricDeclaration, ScriptError, Shared, Source};
use crate::{
    Completion, ConsoleLevel, Execution, Host, HttpDefaults, Input, Op, ScriptFailure, ScriptVu,
    Step, Tag, VuSettings, events::UNHANDLED, exception::place_of, loader::files,
};

/// What init code exported.
#[derive(Debug, Default, Clone)]
pub(crate) struct Facts {
    pub(crate) options: serde_json::Value,
    pub(crate) functions: BTreeSet<String>,
    /// What is wrong with the exports.
    pub(crate) complaint: Option<String>,
}

impl Facts {
    /// Looks at a module's exports. Runs on the coroutine.
    pub(crate) fn of<'js>(ctx: &Ctx<'js>, exports: &Object<'js>) -> rquickjs::Result<Facts> {
        let mut facts = Facts {
            options: serde_json::Value::Object(serde_json::Map::new()),
            ..Facts::default()
        };
        for name in exports.keys::<String>() {
            let name = name?;
            let value: Value = exports.get(name.as_str())?;
            if value.is_function() {
                facts.functions.insert(name);
            } else if matches!(name.as_str(), "setup" | "teardown" | "handleSummary")
                && !value.is_undefined()
            {
                facts.complaint = Some(format!("the export {name} must be a function"));
            } else if name == "options" && !value.is_undefined() && !value.is_null() {
                let text = ctx
                    .json_stringify(value)?
                    .map(|text| text.to_string())
                    .transpose()?;
                match text.as_deref().map(serde_json::from_str) {
                    Some(Ok(options @ serde_json::Value::Object(_))) => facts.options = options,
                    Some(Ok(_) | Err(_)) | None => {
                        facts.complaint = Some("the export options must be an object".to_owned());
                    }
                }
            }
        }
        if facts.functions.is_empty() && facts.complaint.is_none() {
            facts.complaint = Some("the script exports no function: export a default one, or one for each scenario's exec".to_owned());
        }
        Ok(facts)
    }
}

/// The host of the first load: takes down what init does.
#[derive(Default)]
struct LoadHost {
    metrics: RefCell<Vec<MetricDeclaration>>,
    console: RefCell<Vec<(ConsoleLevel, String)>>,
    aborted: Cell<bool>,
}

impl Host for LoadHost {
    fn declare_metric(
        &self,
        name: &str,
        kind: Kind,
        contains: Contains,
    ) -> Result<MetricId, String> {
        let declaration = MetricDeclaration {
            name: name.to_owned(),
            kind,
            contains,
        };
        let mut metrics = self.metrics.borrow_mut();
        match metrics.iter().find(|known| known.name == name) {
            Some(known) if *known != declaration => {
                return Err(format!(
                    "metric '{name}' already exists but with another type or contents"
                ));
            }
            Some(_) => {}
            None => metrics.push(declaration),
        }
        // No sample is taken in init, so any id does.
        Ok(loadd_metrics::metric::CHECKS)
    }
    fn sample(&self, _metric: MetricId, _value: f64, _tags: &[Tag]) {}
    fn check(&self, _name: &str, _passed: bool, _tags: &[Tag]) {}
    fn group_ended(&self, _took: Duration) {}
    fn tag(&self, _name: &str) -> Option<Rc<str>> {
        None
    }
    fn set_tag(&self, _name: &str, _value: &str) {}
    fn remove_tag(&self, _name: &str) {}
    fn tags(&self) -> Vec<Tag> {
        Vec::new()
    }
    fn execution(&self) -> Execution {
        Execution::default()
    }
    fn console(&self, level: ConsoleLevel, message: &str) {
        self.console.borrow_mut().push((level, message.to_owned()));
    }
    fn warn(&self, message: &str, error: &str) {
        self.console
            .borrow_mut()
            .push((ConsoleLevel::Warn, format!("{message}: {error}")));
    }
    fn abort_test(&self, reason: &str) {
        self.aborted.set(true);
        self.console
            .borrow_mut()
            .push((ConsoleLevel::Error, reason.to_owned()));
    }
    fn set_metadata(&self, _metadata: &[Tag]) {}
    fn fail_test(&self, reason: &str) {
        self.console
            .borrow_mut()
            .push((ConsoleLevel::Error, reason.to_owned()));
    }
}

pub(super) fn load(source: &Source, settings: &LoadSettings) -> Result<Bundle, ScriptError> {
    let (main, text) = match source {
        Source::File(path) => match path.to_str().filter(|name| files::is_url(name)) {
            Some(url) => (url.to_owned(), None),
            None => (files::normalize(path), None),
        },
        Source::Stdin(text) => ("-".to_owned(), Some(text.clone())),
        Source::Archive(files) => (files.main.clone(), None),
    };
    let archive = match source {
        Source::Archive(files) => Some(Arc::clone(files)),
        Source::File(_) | Source::Stdin(_) => None,
    };
    let disk = Disk::new(archive, settings.keep_sources);
    let shared = Shared::new(main.clone(), text, settings.import_map.clone())
        .with_secrets(settings.secrets.clone())
        .fetching(settings.remote.clone())
        .without_global(settings.without_global)
        .freezing_env(settings.freeze_env);
    let shared = Arc::new(shared.on(disk));
    shared
        .prepare(&main)
        .map_err(|fault| fault_error(fault, &main))?;
    // Each further round knows the names of at least one more module: they come to an end.
    let (host, facts) = loop {
        match run_once(&shared, settings) {
            Round::Done(host, facts) => break (host, facts),
            Round::Failed(error) => return Err(*error),
            Round::Again => shared.restart_loading(),
        }
    };
    if let Some(complaint) = facts.complaint {
        return Err(ScriptError {
            file: Some(main),
            uncoded: true,
            ..ScriptError::new(complaint)
        });
    }
    shared.finish_loading();
    Ok(Bundle {
        options: facts.options,
        functions: facts.functions,
        metrics: host.metrics.take(),
        display_name: main,
        console: host.console.take(),
        shared,
    })
}

/// What came of one run of init.
enum Round {
    Done(Rc<LoadHost>, Facts),
    Failed(Box<ScriptError>),
    /// It saw names of exports that it would have had to know before.
    Again,
}

fn run_once(shared: &Arc<Shared>, settings: &LoadSettings) -> Round {
    let host = Rc::new(LoadHost::default());
    let vu_settings = VuSettings {
        number: 0,
        env: Rc::new(settings.env.clone()),
        limits: settings.limits,
        seed: 0,
        http: Rc::new(HttpDefaults {
            user_agent: String::new(),
            max_redirects: 0,
            discard_response_bodies: false,
            throw: false,
        }),
    };
    let made = ScriptVu::loading(shared, vu_settings, Rc::clone(&host) as Rc<dyn Host>);
    let mut vu = match made {
        Ok(vu) => vu,
        Err(error) => return Round::Failed(Box::new(error)),
    };
    let outcome = run_init(&mut vu);
    let facts = vu.take_facts();
    drop(vu);
    if shared.units.must_restart() {
        return Round::Again;
    }
    let aborted = host.aborted.get();
    match outcome {
        Ok(()) => Round::Done(host, facts.unwrap_or_default()),
        Err(failure) => Round::Failed(Box::new(script_error(failure, &shared.main, aborted))),
    }
}

fn fault_error(fault: LoadFault, main: &str) -> ScriptError {
    let mut error = ScriptError::new(fault.message);
    match fault.place {
        Some(place) => {
            error.stack = format!("at {}:{}:{}", place.file, place.line, place.column);
            error.file = Some(place.file);
            error.line = Some(place.line);
            error.column = Some(place.column);
        }
        None => error.file = Some(main.to_owned()),
    }
    error
}

/// Drives init on this thread: here, and only here, may waiting block.
fn run_init(vu: &mut ScriptVu) -> Result<(), ScriptFailure> {
    let mut input = Input::Init;
    let mut computed = std::collections::VecDeque::new();
    loop {
        match vu.resume(input) {
            Step::Suspended(op) => {
                if matches!(op, Op::Wait { .. })
                    && let Some((id, result)) = computed.pop_front()
                {
                    let result = Box::new(Completion::Computed(result));
                    input = Input::Complete(Completion::Finished(id, result));
                    continue;
                }
                match op {
                    Op::Sleep(duration) => std::thread::sleep(duration),
                    Op::Wait { until: Some(until) } => {
                        std::thread::sleep(until.saturating_duration_since(Instant::now()));
                    }
                    Op::Start(id, op) => {
                        if let Op::Compute(computation) = *op {
                            computed.push_back((id, computation.run()));
                        }
                    }
                    Op::Wait { until: None }
                    | Op::Yield
                    | Op::Compute(_)
                    | Op::Http(_)
                    | Op::Batch(_) => {}
                }
                input = Input::Complete(Completion::Done);
            }
            Step::Ready | Step::Closed => return Ok(()),
            Step::Returned(result) => return result.map(drop),
        }
    }
}

fn script_error(failure: ScriptFailure, main: &str, aborted: bool) -> ScriptError {
    match failure {
        ScriptFailure::Exception { message, stack } => {
            let place = stack.lines().find_map(place_of);
            let mut error = ScriptError {
                stack,
                uncoded: message.starts_with(UNHANDLED),
                ..ScriptError::new(message)
            };
            match place {
                Some(place) => {
                    error.file = Some(place.file);
                    error.line = Some(place.line);
                    error.column = Some(place.column);
                }
                None => error.file = Some(main.to_owned()),
            }
            error
        }
        ScriptFailure::Aborted | ScriptFailure::Cancelled => ScriptError {
            aborted,
            file: Some(main.to_owned()),
            ..ScriptError::new("test aborted in init code")
        },
        ScriptFailure::Limit(text) | ScriptFailure::Broken(text) | ScriptFailure::Result(text) => {
            ScriptError {
                file: Some(main.to_owned()),
                ..ScriptError::new(text)
            }
        }
    }
}
