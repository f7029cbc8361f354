//! A fake host and a driver that answers what a script waits for.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    clippy::mod_module_files,
    reason = "part of several test programs, each of which uses what it needs; a folder of `tests` needs `mod.rs`"
)]

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use loadd_client::{BodyData, Exchange, Outcome, Proto, RequestUrl, Timings};
use loadd_metrics::{Contains, Kind, MetricId, metric};
use loadd_script::{
    Answered, Bundle, Call, Completion, ConsoleLevel, Execution, Host, HttpCall, HttpDefaults,
    Input, InstanceFacts, Limits, LoadSettings, Op, OpId, ScenarioFacts, ScriptError,
    ScriptFailure, ScriptVu, Source, Step, Tag, VuFacts, VuSettings,
};

/// Takes down what a script does.
pub struct FakeHost {
    pub log: RefCell<Vec<String>>,
    pub tags: RefCell<BTreeMap<String, String>>,
    pub iterating: Cell<bool>,
}

impl Default for FakeHost {
    fn default() -> FakeHost {
        FakeHost {
            log: RefCell::default(),
            tags: RefCell::new(BTreeMap::from([("group".to_owned(), String::new())])),
            iterating: Cell::default(),
        }
    }
}

fn tag_text(tags: &[Tag]) -> String {
    tags.iter()
        .map(|(name, value)| format!(" {name}={value}"))
        .collect()
}

impl Host for FakeHost {
    fn declare_metric(
        &self,
        name: &str,
        kind: Kind,
        contains: Contains,
    ) -> Result<MetricId, String> {
        self.log
            .borrow_mut()
            .push(format!("declare {name} {kind:?} {contains:?}"));
        Ok(metric::CHECKS)
    }
    fn sample(&self, _metric: MetricId, value: f64, tags: &[Tag]) {
        self.log
            .borrow_mut()
            .push(format!("sample {value}{}", tag_text(tags)));
    }
    fn check(&self, name: &str, passed: bool, tags: &[Tag]) {
        self.log
            .borrow_mut()
            .push(format!("check {name} {passed}{}", tag_text(tags)));
    }
    fn group_ended(&self, _took: Duration) {
        let group = self.tags.borrow().get("group").cloned().unwrap_or_default();
        self.log.borrow_mut().push(format!("group {group}"));
    }
    fn tag(&self, name: &str) -> Option<Rc<str>> {
        self.tags
            .borrow()
            .get(name)
            .map(|value| value.as_str().into())
    }
    fn set_tag(&self, name: &str, value: &str) {
        self.tags
            .borrow_mut()
            .insert(name.to_owned(), value.to_owned());
    }
    fn remove_tag(&self, name: &str) {
        self.tags.borrow_mut().remove(name);
    }
    fn tags(&self) -> Vec<Tag> {
        self.tags
            .borrow()
            .iter()
            .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
            .collect()
    }
    fn execution(&self) -> Execution {
        if !self.iterating.get() {
            return Execution::default();
        }
        Execution {
            scenario: Some(ScenarioFacts {
                name: "main".into(),
                executor: "constant-vus",
                start_time_ms: 1000.0,
                progress: 0.5,
                iteration_in_instance: 7,
                iteration_in_test: 8,
            }),
            instance: Some(InstanceFacts {
                vus_active: 3,
                ..InstanceFacts::default()
            }),
            vu: Some(VuFacts {
                id_in_instance: 1,
                id_in_test: 2,
                iteration_in_instance: 4,
                iteration_in_scenario: 5,
            }),
            options: Some(r#"{"scenarios":{"main":{"rate":5}}}"#.into()),
        }
    }
    fn console(&self, level: ConsoleLevel, message: &str) {
        self.log.borrow_mut().push(format!("{level:?} {message}"));
    }
    fn warn(&self, message: &str, error: &str) {
        self.log
            .borrow_mut()
            .push(format!("WARN {message}: {error}"));
    }
    fn abort_test(&self, reason: &str) {
        self.log.borrow_mut().push(format!("ABORT {reason}"));
    }
    fn set_metadata(&self, _metadata: &[Tag]) {}
    fn fail_test(&self, reason: &str) {
        self.log.borrow_mut().push(format!("FAIL {reason}"));
    }
}

/// What came of one call.
pub type Outcomes = Result<Option<String>, ScriptFailure>;

/// One VU with its fake world.
pub struct World {
    pub vu: ScriptVu,
    pub host: Rc<FakeHost>,
    pub ops: Vec<String>,
    pub yields: u32,
    /// Cancels at the n-th true wait (from 1).
    pub cancel_at: Option<usize>,
    /// Cancels at the n-th yield (from 1).
    pub cancel_at_yield: Option<u32>,
    started: Vec<(OpId, Op)>,
}

pub fn limits() -> Limits {
    Limits {
        memory_bytes: 32 << 20,
        script_time: Some(Duration::from_secs(30)),
        slice: Duration::from_millis(5),
    }
}

pub fn load(script: &str) -> Result<Arc<Bundle>, ScriptError> {
    load_with(
        script,
        LoadSettings {
            limits: limits(),
            ..LoadSettings::default()
        },
    )
}

pub fn load_with(script: &str, settings: LoadSettings) -> Result<Arc<Bundle>, ScriptError> {
    Bundle::load(&Source::Stdin(script.to_owned()), &settings).map(Arc::new)
}

pub fn settings(limits: Limits) -> VuSettings {
    VuSettings {
        number: 1,
        env: Rc::new(vec![
            ("HOME".to_owned(), "/root".to_owned()),
            ("N".to_owned(), "5".to_owned()),
        ]),
        limits,
        seed: 42,
        http: Rc::new(HttpDefaults {
            user_agent: "loadd-test".to_owned(),
            max_redirects: 10,
            discard_response_bodies: false,
            throw: false,
        }),
    }
}

impl World {
    pub fn new(script: &str) -> World {
        World::of(&load(script).unwrap(), limits())
    }

    pub fn of(bundle: &Arc<Bundle>, limits: Limits) -> World {
        let host = Rc::new(FakeHost::default());
        let vu = ScriptVu::new(bundle, settings(limits), Rc::clone(&host) as Rc<dyn Host>).unwrap();
        let mut world = World {
            vu,
            host,
            ops: Vec::new(),
            yields: 0,
            cancel_at: None,
            cancel_at_yield: None,
            started: Vec::new(),
        };
        match world.drive(Input::Init) {
            Step::Ready => {}
            other => panic!("init ended with {other:?}"),
        }
        world.host.iterating.set(true);
        world
    }

    pub fn call(&mut self) -> Outcomes {
        self.call_with(Call {
            function: "default".into(),
            data: None,
            env: None,
            iteration: Some(0),
            want_result: true,
        })
    }

    pub fn call_with(&mut self, call: Call) -> Outcomes {
        self.started.clear();
        match self.drive(Input::Call(call)) {
            Step::Returned(result) => result,
            other => panic!("a call ended with {other:?}"),
        }
    }

    pub fn log(&self) -> Vec<String> {
        self.host.log.borrow().clone()
    }

    /// Answers every wait until the step is something else.
    pub fn drive(&mut self, mut input: Input) -> Step {
        loop {
            let op = match self.vu.resume(input) {
                Step::Suspended(op) => op,
                other => return other,
            };
            if matches!(op, Op::Yield) {
                self.yields += 1;
                let cancel = self.cancel_at_yield == Some(self.yields);
                input = if cancel {
                    Input::Cancel
                } else {
                    Input::Complete(Completion::Done)
                };
                continue;
            }
            self.ops.push(describe(&op));
            if self.cancel_at == Some(self.ops.len()) {
                input = Input::Cancel;
                continue;
            }
            input = Input::Complete(self.answer(op));
        }
    }

    fn answer(&mut self, op: Op) -> Completion {
        match op {
            Op::Http(call) => Completion::Http(respond(call)),
            Op::Batch(calls) => Completion::Batch(calls.into_iter().map(respond).collect()),
            Op::Sleep(_) | Op::Yield => Completion::Done,
            Op::Compute(computation) => Completion::Computed(computation.run()),
            Op::Start(id, op) => {
                self.started.push((id, *op));
                Completion::Done
            }
            Op::Wait { until } => {
                if let Some((id, op)) = self.started.pop() {
                    let completion = self.answer(op);
                    return Completion::Finished(id, Box::new(completion));
                }
                let until = until.expect("a script that waits has a timer or an operation");
                std::thread::sleep(until.saturating_duration_since(Instant::now()));
                Completion::Done
            }
        }
    }
}

fn describe(op: &Op) -> String {
    match op {
        Op::Http(call) => format!("http {}", describe_call(call)),
        Op::Batch(calls) => format!(
            "batch {}",
            calls
                .iter()
                .map(|call| describe_call(call))
                .collect::<Vec<_>>()
                .join(" | ")
        ),
        Op::Sleep(duration) => format!("sleep {duration:?}"),
        Op::Compute(_) => "compute".to_owned(),
        Op::Start(_, op) => format!("start {}", describe(op)),
        Op::Wait { .. } => "wait".to_owned(),
        Op::Yield => "yield".to_owned(),
    }
}

fn describe_call(call: &HttpCall) -> String {
    let request = &call.request;
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| *name != "user-agent")
        .map(|(name, value)| format!(" {name}:{}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let mut text = format!(
        "{} {}{}",
        request.method,
        request.url.text,
        headers.concat()
    );
    if !request.body.is_empty() {
        text += &format!(" body={}", String::from_utf8_lossy(&request.body));
    }
    if let Some(name) = &call.name {
        text += &format!(" name={name}");
    }
    text + &tag_text(&call.tags)
}

/// What the fake server has at `/page`.
pub const PAGE: &str = r#"<!DOCTYPE html><html><head><title>Home &amp; more</title></head><body>
<a href="/one?x=1#f" rel="next nofollow">One</a><a href="two.html" id="two">Two</a>
<form id="search" action="/find?old=1"><input name="q" value="a b"><input type="submit" name="go" value="Go"></form>
<form id="login" method="post" action="in">
<input type="hidden" name="token" value="t1"><input name="user"><input type="checkbox" name="keep" checked="checked">
<input type="checkbox" name="off"><input name="gone" disabled="disabled" value="x">
<select name="lang"><option value="de">Deutsch</option><option selected>English</option></select>
<select name="many" multiple><option value="1" selected>1</option><option value="2" selected>2</option></select>
<textarea name="note">a &amp; b</textarea><button type="submit" name="act" value="in">In</button></form>
</body></html>"#;

/// The fake server: status from `/status/n`, else 200; the body is fixed JSON.
fn respond(call: Box<HttpCall>) -> Answered {
    let request = &call.request;
    let path = request.url.path_and_query.as_str().to_owned();
    let status = path
        .strip_prefix("/status/")
        .and_then(|status| status.parse().ok())
        .unwrap_or(200);
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    headers.append("set-cookie", "a=1; Path=/; HttpOnly".parse().unwrap());
    headers.append("set-cookie", "b=2".parse().unwrap());
    let json = Bytes::from_static(br#"{"ok":true,"list":[{"id":1},{"id":2}],"text":"\u00e9"}"#);
    let body = match path.as_str() {
        page if page.starts_with("/page") => Bytes::from_static(PAGE.as_bytes()),
        _ => json,
    };
    let outcome = Outcome {
        redirects: Vec::new(),
        last: Box::new(Exchange {
            method: request.method.clone(),
            url: Rc::clone(&request.url),
            status,
            proto: Some(Proto::Http11),
            headers,
            body: if status == 204 {
                BodyData::Absent
            } else {
                BodyData::Bytes(body)
            },
            timings: Timings {
                sending: 1_000_000,
                waiting: 2_000_000,
                receiving: 500_000,
                ..Timings::default()
            },
            remote: Some("127.0.0.1:80".parse().unwrap()),
            tls: None,
            error: None,
            retried: false,
            extra: None,
        }),
    };
    Answered { call, outcome }
}

/// A parsed URL, to see that the client's parser is there.
pub fn url(text: &str) -> RequestUrl {
    RequestUrl::parse(text).unwrap()
}
