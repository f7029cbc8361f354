//! `loadd new`: a first script.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{global::GlobalFlags, unusable};
use crate::terminal::{exit::Exit, screen};

/// Flags of `new`.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Where to write it
    #[arg(value_name = "FILE", default_value = "script.js")]
    file: PathBuf,
    /// Also over a file that is there
    #[arg(short, long)]
    force: bool,
    /// minimal, protocol, or a file to copy
    #[arg(long, default_value = "minimal", value_name = "NAME|PATH")]
    template: String,
    /// k6's; there is no cloud, and a warning says so
    #[arg(long, hide = true)]
    project_id: Option<String>,
    #[command(flatten)]
    global: GlobalFlags,
}

/// A script with one request.
pub(super) const MINIMAL: &str = "import http from 'k6/http';
import { check, sleep } from 'k6';

export const options = {
  vus: 10,
  duration: '30s',
};

export default function () {
  const response = http.get(`${__ENV.BASE_URL || 'http://127.0.0.1:8080'}/`);
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(1);
}
";

/// A script with scenarios, thresholds, setup and teardown.
const PROTOCOL: &str = "import http from 'k6/http';
import { check, group, sleep } from 'k6';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080';

export const options = {
  scenarios: {
    browse: {
      executor: 'ramping-vus',
      stages: [
        { duration: '30s', target: 20 },
        { duration: '1m', target: 20 },
        { duration: '10s', target: 0 },
      ],
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500'],
  },
};

export function setup() {
  return { started: Date.now() };
}

export default function () {
  group('front page', () => {
    const response = http.get(`${BASE_URL}/`);
    check(response, { 'status is 200': (r) => r.status === 200 });
  });
  sleep(1);
}

export function teardown(data) {
  console.log(`ran for ${Date.now() - data.started} ms`);
}
";

/// Writes it.
pub(super) fn run(args: &NewArgs) -> Exit {
    if let Err(message) = args.global.start_logs(None) {
        return unusable(&message);
    }
    if args.project_id.is_some() {
        tracing::warn!("--project-id has no effect: there is no cloud");
    }
    let text = match args.template.as_str() {
        "minimal" => MINIMAL.to_owned(),
        "protocol" => PROTOCOL.to_owned(),
        "browser" => {
            return unusable(
                "--template browser: loadd drives no browsers; there are minimal and protocol",
            );
        }
        path => match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return unusable(&format!("cannot read the template {path}: {error}")),
        },
    };
    match write(&args.file, &text, args.force) {
        Ok(()) => {
            screen::print(&format!("New script created: {}\n", args.file.display()));
            Exit::Ok
        }
        Err(message) => unusable(&message),
    }
}

/// Writes a file, not over one that is there unless forced to.
pub(super) fn write(path: &Path, text: &str, force: bool) -> Result<(), String> {
    if !force && path.exists() {
        return Err(format!(
            "{} already exists; --force writes over it",
            path.display()
        ));
    }
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
