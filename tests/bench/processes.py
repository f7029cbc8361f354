"""The processes that are measured: nginx as the target, and what the system knows of a generator's CPU and memory."""
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    """One worker, no log; `stub_status` counts. HTTP/1.1 on `url` and `https`, HTTP/2 by ALPN on `http2`."""

    def __init__(self, folder):
        ports = [free_port() for _ in range(3)]
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.https, self.http2 = (f"https://127.0.0.1:{port}" for port in ports[1:])
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        users = [{"id": n, "name": f"user {n}", "email": f"user{n}@example.test", "score": n / 7, "roles": ["a", "b"]}
                 for n in range(108)]
        pathlib.Path(folder, "users").write_text(json.dumps({"users": users}))
        config = pathlib.Path(folder, "nginx.conf")
        temp = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config.write_text(f"""daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr;
user root; events {{ worker_connections 30000; }} worker_rlimit_nofile 60000;
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 600; {temp}
  ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
  server {{ listen 127.0.0.1:{ports[0]} backlog=4096; listen 127.0.0.1:{ports[1]} ssl backlog=4096;
    listen 127.0.0.1:{ports[2]} ssl http2 backlog=4096; root {folder};
    location = /count {{ stub_status; }}
    location = /users {{ default_type application/json; }}
    location / {{ default_type text/plain; return 200 '{"o" * 100}'; }} }} }}""")
        binary = os.environ.get("LOADD_TEST_NGINX", "/usr/sbin/nginx")
        self.process = subprocess.Popen([binary, "-p", folder, "-c", config], stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.count()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("nginx does not start")

    def count(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        text = opener.open(f"{self.url}/count", timeout=5).read().decode()
        return int(text.split("\n")[2].split()[2])

    def stop(self):
        self.process.terminate()
        self.process.wait()


def measured(command):
    """(CPU seconds, wall seconds, output) of a command to its end."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        out.seek(0)
        text = out.read().decode(errors="replace")
    if child.returncode != 0:
        raise SystemExit(f"{command} ended with {child.returncode}:\n{text}")
    return usage.ru_utime + usage.ru_stime, wall, text


def status_kib(pid, key):
    """A value in KiB of /proc/PID/status, such as VmRSS or VmHWM; 0 once the process has ended."""
    try:
        found = re.search(rf"{key}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def cpu_seconds(pid):
    """User and system time of a process that runs."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
