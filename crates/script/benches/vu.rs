//! What a VU costs: making one, and the building blocks of an iteration, without a network.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its figures, and stops where its own premises do not hold"
)]

#[path = "../tests/kit/mod.rs"]
mod kit;

use std::{rc::Rc, sync::Arc, time::Instant};

use kit::{FakeHost, limits, load, settings};
use loadd_client::{BodyData, Exchange, Outcome, Timings};
use loadd_script::{Answered, Bundle, Call, Completion, Host, HttpCall, Input, Op, ScriptVu, Step};

fn vu(bundle: &Arc<Bundle>) -> ScriptVu {
    let host = Rc::new(FakeHost::default());
    let mut vu = ScriptVu::new(bundle, settings(limits()), host as Rc<dyn Host>).unwrap();
    assert!(matches!(vu.resume(Input::Init), Step::Ready));
    vu
}

fn main() {
    let bundle = load(
        "import http from 'k6/http'; import { check, sleep } from 'k6';
         export function empty() {}
         export function get() { http.get('http://x.test/') }
         export function params() { http.get('http://x.test/', { tags: { a: 'b' } }) }
         export function status() { return http.get('http://x.test/').status === 200 }
         export function checked() { check(http.get('http://x.test/'), { ok: r => r.status === 200 }) }
         export function json() { return http.get('http://x.test/').json('id') }
         export function sleeps() { sleep(1) }",
    )
    .unwrap();

    const VUS: u32 = 500;
    drop(vu(&bundle));
    let began = Instant::now();
    let vus: Vec<ScriptVu> = (0..VUS).map(|_| vu(&bundle)).collect();
    println!("making a VU: {:?}", began.elapsed() / VUS);
    let began = Instant::now();
    drop(vus);
    println!("dropping a VU: {:?}", began.elapsed() / VUS);

    const CALLS: u32 = 100_000;
    for function in [
        "empty", "sleeps", "get", "params", "status", "checked", "json",
    ] {
        let mut vu = vu(&bundle);
        let call = Call {
            function: function.into(),
            data: None,
            env: None,
            iteration: Some(0),
            want_result: false,
        };
        let mut run = || {
            let mut input = Input::Call(call.clone());
            loop {
                input = match vu.resume(input) {
                    Step::Suspended(Op::Http(call)) => {
                        Input::Complete(Completion::Http(answer(call)))
                    }
                    Step::Suspended(_) => Input::Complete(Completion::Done),
                    Step::Returned(result) => return result.map(drop).unwrap(),
                    Step::Ready | Step::Closed => unreachable!("a call returns"),
                };
            }
        };
        (0..1000).for_each(|_| run());
        let began = Instant::now();
        (0..CALLS).for_each(|_| run());
        println!("{function}: {:?}", began.elapsed() / CALLS);
    }
}

fn answer(call: Box<HttpCall>) -> Answered {
    let request = &call.request;
    let outcome = Outcome {
        redirects: Vec::new(),
        last: Box::new(Exchange {
            method: request.method.clone(),
            url: Rc::clone(&request.url),
            status: 200,
            proto: None,
            headers: http::HeaderMap::new(),
            body: BodyData::Bytes(bytes::Bytes::from_static(b"{\"id\":1}")),
            timings: Timings::default(),
            remote: None,
            tls: None,
            error: None,
            retried: false,
            extra: None,
        }),
    };
    Answered { call, outcome }
}
