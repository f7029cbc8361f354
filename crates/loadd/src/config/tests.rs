use std::path::{Path, PathBuf};

use loadd_script::Limits;
use loadd_timeline::{Executor, Length};
use serde_json::{Map, json};
use tempfile::TempDir;

use super::*;

const SCRIPT: &str = "export const options = { scenarios: {
  browse: { executor: 'constant-arrival-rate', rate: 10, duration: '1m', preAllocatedVUs: 5, exec: 'browse' },
  other: { executor: 'constant-vus', vus: 2, duration: '1m' },
}, thresholds: { http_reqs: ['count>0'], checks: ['rate>0.5'] }, userAgent: 'script' };
export default function () {}
export function browse() {}
";

fn around(vars: &[(&str, &str)]) -> Surroundings {
    let vars = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Surroundings {
        vars,
        host: "machine".into(),
        now_ms: 1_700_000_000_000,
        offline: false,
        called_k6: false,
    }
}

/// A folder with a TOML file and a script.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn with(toml: &str, script: &str) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("my-test.toml"), toml).unwrap();
        std::fs::write(folder.path().join("a.js"), script).unwrap();
        Folder(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn daemon(&self, vars: &[(&str, &str)]) -> Result<ResolvedTest, Refusal> {
        daemon(
            &self.0.path().join("my-test.toml"),
            Map::new(),
            &around(vars),
        )
    }

    pub(super) fn ask(
        &self,
        request: &RunRequest,
        vars: &[(&str, &str)],
    ) -> Result<ResolvedTest, Refusal> {
        run(request, &around(vars))
    }

    pub(super) fn run(
        &self,
        flags: &serde_json::Value,
        vars: &[(&str, &str)],
    ) -> Result<ResolvedTest, Refusal> {
        let script = self.0.path().join("a.js").display().to_string();
        let flags = flags.as_object().unwrap().clone();
        run(
            &RunRequest {
                script,
                flags,
                ..RunRequest::default()
            },
            &around(vars),
        )
    }

    /// The problems with the folder's name taken out.
    fn problems(&self, vars: &[(&str, &str)]) -> String {
        let refusal = self.daemon(vars).map(|_| ()).unwrap_err();
        let folder = format!("{}/", self.0.path().display());
        crate::terminal::complaint::plain(&refusal).replace(&folder, "")
    }
}

fn scenario<'t>(test: &'t ResolvedTest, name: &str) -> &'t Executor {
    &test
        .plan
        .scenarios
        .iter()
        .find(|scenario| scenario.name == name)
        .unwrap()
        .executor
}

#[test]
fn a_key_of_the_file_changes_only_that_key_of_the_scripts_scenario() {
    let toml = "script = \"a.js\"\n[scenarios.browse]\nrate = 500\nmaxVUs = 50\n[thresholds]\nchecks = []\n";
    let test = Folder::with(toml, SCRIPT).daemon(&[]).unwrap();
    assert_eq!(test.plan.scenarios.len(), 2);
    match scenario(&test, "browse") {
        Executor::ConstantArrivalRate {
            rate: 500,
            pre_allocated_vus: 5,
            max_vus: 50,
            ..
        } => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(
        test.thresholds.iter().count(),
        2,
        "thresholds are replaced per metric"
    );
    assert_eq!(test.http.user_agent, "script");
    assert_eq!(
        (test.test_id.as_str(), test.instance.as_str()),
        ("my-test", "machine")
    );
}

#[test]
fn each_layer_wins_over_those_below() {
    let folder = Folder::with("script = \"a.js\"\nuser_agent = \"file\"\n", SCRIPT);
    assert_eq!(folder.daemon(&[]).unwrap().http.user_agent, "file");
    assert_eq!(
        folder
            .daemon(&[("LOADD_USER_AGENT", "env")])
            .unwrap()
            .http
            .user_agent,
        "env"
    );
    let vars = [
        ("LOADD_SCENARIOS__BROWSE__RATE", "7"),
        ("LOADD_ENV__Base_Url", "x"),
        ("LOADD_INSTANCE", "i"),
        ("HOSTNAME", "pod-3"),
    ];
    let test = folder.daemon(&vars).unwrap();
    assert!(matches!(
        scenario(&test, "browse"),
        Executor::ConstantArrivalRate { rate: 7, .. }
    ));
    assert!(test.env.contains(&("Base_Url".into(), "x".into())));
    assert_eq!(test.instance, "i");
}

#[test]
fn a_short_cut_takes_the_place_of_all_scenarios_below_and_says_so() {
    let test = Folder::with(
        "script = \"a.js\"\nvus = 3\nduration = \"forever\"\n",
        SCRIPT,
    )
    .daemon(&[])
    .unwrap();
    assert_eq!(test.plan.scenarios.len(), 1);
    assert!(matches!(
        scenario(&test, "default"),
        Executor::ConstantVus {
            vus: 3,
            duration: Length::Forever
        }
    ));
    assert_eq!(test.notices.len(), 1, "{:?}", test.notices);
}

#[test]
fn unknown_variables_only_warn() {
    let vars = [
        ("LOADD_SERVICE_HOST", "10.0.0.1"),
        ("LOADD_PORT_80_TCP", "x"),
    ];
    let test = Folder::with("script = \"a.js\"\n", SCRIPT)
        .daemon(&vars)
        .unwrap();
    assert_eq!(test.warnings.len(), 2, "{:?}", test.warnings);
}

#[test]
fn every_error_is_named_with_file_line_and_key() {
    let toml = "script = \"a.js\"
scirpt = \"b.js\"
max_redirects = \"many\"
setup_timeout = \"0s\"

[scenarios.browse]
ratee = 5
rate = 0
exec = \"nothing\"

[workers]
index = 4
count = 4

[thresholds]
http_req_duration = [\"p(95)<500\", \"p(95)!500\"]
nowhere = [\"count>1\"]

[remote_write]
url = \"prometheus:9090\"
histograms = \"classic\"
spool = { paht = \"x\" }

[otlp]
endpoint = \"http://127.0.0.1:4318\"
";
    insta::assert_snapshot!(Folder::with(toml, SCRIPT).problems(&[("LOADD_BATCH", "-1")]));
}

#[test]
fn a_complaint_shows_the_line_of_the_file() {
    let folder = Folder::with(
        "script = \"a.js\"\n[scenarios.browse]\n  ratee = 5\n",
        SCRIPT,
    );
    let refusal = folder.daemon(&[]).unwrap_err();
    let path = format!("{}/", folder.0.path().display());
    insta::assert_snapshot!(
        crate::terminal::complaint::pictured(&refusal, false).replace(&path, "")
    );
}

#[test]
fn what_is_wrong_decides_the_exit_code() {
    let kind = |refusal: Refusal| match refusal {
        Refusal::Config { .. } => 104,
        Refusal::Script(error) if error.aborted => 108,
        Refusal::Script(_) => 107,
        Refusal::Usage(_) => 255,
    };
    let good = "script = \"a.js\"\n";
    for (toml, script, code) in [
        ("script = ", SCRIPT, 104),
        ("", SCRIPT, 104),
        ("script = \"a.js\"\nvus = -1\n", SCRIPT, 104),
        ("script = 5\n", SCRIPT, 104),
        ("script = \"missing.js\"\n", SCRIPT, 107),
        (good, "export default function ( {", 107),
        (
            good,
            "import x from './not-there.js'; export default function () {}",
            107,
        ),
        (
            good,
            "throw new Error('no'); export default function () {}",
            107,
        ),
        (
            good,
            "export const options = { vus: 'x', duration: '1s' }; export default function () {}",
            104,
        ),
        (
            good,
            "export const options = { hosts: { 'a_b': '127.0.0.1' } }; export default function () {}",
            104,
        ),
        (
            good,
            "export const options = { scenarios: { a: { executor: 'constant-vus', duration: '1s', colour: 1 } } }; export default function () {}",
            104,
        ),
    ] {
        let refusal = Folder::with(toml, script)
            .daemon(&[])
            .map(|_| ())
            .unwrap_err();
        assert_eq!(kind(refusal.clone()), code, "{toml} {script}: {refusal:?}");
    }
    let missing = daemon(Path::new("/nowhere/test.toml"), Map::new(), &around(&[]))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(kind(missing), 104);
    let missing = RunRequest {
        script: "/nowhere/a.js".into(),
        ..RunRequest::default()
    };
    assert_eq!(
        kind(run(&missing, &around(&[])).map(|_| ()).unwrap_err()),
        255
    );
}

#[test]
fn a_worker_knows_its_number() {
    let base =
        "script = \"a.js\"\nenv = { ID = \"${workers.index}/${workers.count}\" }\n[workers]\n";
    for (toml, vars, expected) in [
        ("index = 1\ncount = 4\n", vec![], Some("1/4")),
        (
            "count = 4\n",
            vec![("JOB_COMPLETION_INDEX", "2")],
            Some("2/4"),
        ),
        ("count = 4\n", vec![("POD_NAME", "loadd-3")], Some("3/4")),
        (
            "count = 4\n",
            vec![("LOADD_WORKERS__INDEX", "0"), ("POD_NAME", "loadd-3")],
            Some("0/4"),
        ),
        ("weights = [50, 25, 25]\nindex = 2\n", vec![], Some("2/3")),
        ("index = 1\n", vec![], None),
        ("count = 4\n", vec![], None),
        ("index = 4\ncount = 4\n", vec![], None),
    ] {
        let test = Folder::with(&format!("{base}{toml}"), SCRIPT).daemon(&vars);
        let id = test
            .ok()
            .and_then(|test| test.env.into_iter().find(|(name, _)| name == "ID"))
            .map(|(_, id)| id);
        assert_eq!(id.as_deref(), expected, "{toml} {vars:?}");
    }
}

#[test]
fn run_has_the_layers_of_k6() {
    let folder = Folder::with("", SCRIPT);
    let test = folder.run(&json!({}), &[]).unwrap();
    assert_eq!(test.plan.scenarios.len(), 2);
    assert_eq!(
        test.limits,
        Limits {
            script_time: None,
            ..Limits::default()
        }
    );
    let test = folder
        .run(&json!({ "vus": 2, "duration": "3s" }), &[])
        .unwrap();
    assert!(matches!(
        scenario(&test, "default"),
        Executor::ConstantVus { vus: 2, .. }
    ));
    assert!(
        test.warnings[0].contains("\"cli\" level"),
        "{:?}",
        test.warnings
    );
    let test = folder
        .run(
            &json!({ "vus": 5 }),
            &[("K6_DURATION", "3s"), ("K6_TAGS", "a:b:c")],
        )
        .unwrap();
    assert!(matches!(
        scenario(&test, "default"),
        Executor::ConstantVus { vus: 5, .. }
    ));
    assert_eq!(test.tags["a"], "b:c");
    for (vars, problem) in [
        (("K6_THROW", "maybe"), "K6_THROW"),
        (("K6_OUT", "kafka"), "kafka"),
        (("K6_LINGER", "maybe"), "K6_LINGER"),
        (("K6_VUS", "x"), "K6_VUS"),
    ] {
        let refusal = folder.run(&json!({}), &[vars]).map(|_| ()).unwrap_err();
        let text = crate::terminal::complaint::plain(&refusal);
        assert!(text.contains(problem), "{text}");
    }
}

#[test]
fn every_example_is_valid() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let test = daemon(&path, Map::new(), &around(&[]));
            let test = test.unwrap_or_else(|refusal| {
                panic!("{}", crate::terminal::complaint::plain(&refusal))
            });
            assert_eq!(test.warnings, Vec::<String>::new(), "{}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 4);
}

#[test]
fn the_schema_knows_every_key_of_the_examples() {
    let schema = schema();
    for key in [
        "scenarios",
        "remote_write",
        "workers",
        "thresholds",
        "start_at",
    ] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
}
