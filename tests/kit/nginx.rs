//! nginx with one worker and an access log whose lines are the count of what it served.

use std::{fs, process::Command, time::Duration};

use crate::{http, paths, process::Process, room::Room, wait_for};

/// A running nginx: `/` answers 200 with `ok`, and each request is a line in its log.
#[derive(Debug)]
pub struct Nginx {
    port: u16,
    room: Room,
    process: Process,
}

impl Nginx {
    /// Starts it and waits until it serves.
    #[must_use]
    pub fn start() -> Nginx {
        let room = Room::new();
        let port = paths::free_port();
        let here = room.path().display();
        // `daemon off`: the master is our child, and its worker ends with it.
        let config = format!(
            "daemon off; master_process off; worker_processes 1; pid {here}/pid; error_log stderr;
events {{ worker_connections 4096; }}
http {{
    log_format path '$uri'; access_log {here}/access.log path;
    keepalive_requests 1000000; server_tokens off;
    client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
    uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
    server {{
        listen 127.0.0.1:{port}; server_name localhost;
        location = /up {{ access_log off; return 204; }}
        location / {{ default_type text/plain; return 200 'ok'; }}
    }}
}}
"
        );
        let path = room.write("nginx.conf", &config);
        let mut command = Command::new(paths::nginx_bin());
        command.arg("-p").arg(room.path()).arg("-c").arg(path);
        let mut process = Process::start("nginx", &mut command);
        let address = format!("127.0.0.1:{port}");
        wait_for("nginx to serve", Duration::from_secs(20), || {
            assert!(
                process.ended().is_none(),
                "nginx ended: {}",
                process.stderr.text()
            );
            http::get(&address, "/up").ok()
        });
        Nginx {
            port,
            room,
            process,
        }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Requests served, by its log; `/up` is not counted.
    #[must_use]
    pub fn served(&self) -> usize {
        fs::read_to_string(self.room.join("access.log")).map_or(0, |log| log.lines().count())
    }
}
