//! Memory of one VU, suspended in a request. Alone in its process, so that nothing else moves the resident set.

#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test program: what does not hold fails it"
)]

mod kit;

use std::{fs, rc::Rc};

use kit::{FakeHost, limits, load, settings};
use loadd_script::{Call, Host, Input, ScriptVu, Step};

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The engine's own arena would cost 60 KiB more per VU (docs/decisions/004-quickjs-arena.md): this fails when the lever that
/// compiles it out stops working.
const MOST_KIB: u64 = 135;

#[test]
fn a_vu_suspended_in_a_request_stays_below_its_memory_budget() {
    const VUS: u64 = 400;
    let bundle = load(
        "import http from 'k6/http'; import { check, sleep } from 'k6';
         export default function () { const r = http.get('http://x.test/'); check(r, { ok: r => r.status == 200 }); sleep(1) }",
    )
    .unwrap();
    let make = || {
        let host = Rc::new(FakeHost::default());
        let mut vu = ScriptVu::new(&bundle, settings(limits()), host as Rc<dyn Host>).unwrap();
        assert!(matches!(vu.resume(Input::Init), Step::Ready));
        let call = Call {
            function: "default".into(),
            data: None,
            env: None,
            iteration: Some(0),
            want_result: false,
        };
        assert!(matches!(vu.resume(Input::Call(call)), Step::Suspended(_)));
        vu
    };
    // The first ones pay for what all share.
    let mut vus: Vec<ScriptVu> = (0..20).map(|_| make()).collect();
    let before = resident_kib();
    vus.extend((0..VUS).map(|_| make()));
    let each = (resident_kib() - before) / VUS;
    println!("{each} KiB for each VU");
    assert!(
        each <= MOST_KIB,
        "{each} KiB for each VU, at most {MOST_KIB} expected: is QuickJS' arena compiled in again?"
    );
}
