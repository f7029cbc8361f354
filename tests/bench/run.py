#!/usr/bin/env python3
"""Measures loadd against its peers on this machine: CPU of the generator per request, as a ratio to wrk in the same run.

    cargo build --release && python3 tests/bench/run.py [case ...]

Needs nginx and wrk (Debian packages). Every case is run ROUNDS times, peer and loadd in turn; medians are printed. CPU is
user + system time of the generator process, as the kernel counts it for a child that has ended.
"""
import json, os, re, resource, signal, socket, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LOADD = os.environ.get("LOADD_BIN", os.path.join(ROOT, "target/release/loadd"))
SECONDS = int(os.environ.get("SECONDS_PER_RUN", "5"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Nginx:
    """One worker, a 109-byte body, POST allowed."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        path = self.folder.name
        with open(path + "/index.html", "w") as page:
            page.write("x" * 109)
        with open(path + "/nginx.conf", "w") as conf:
            conf.write(f"""
worker_processes 1; daemon off; pid {path}/pid; error_log {path}/error.log;
events {{ worker_connections 30000; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;
  client_body_temp_path {path}/b; proxy_temp_path {path}/p; fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u; scgi_temp_path {path}/s;
  server {{
    listen 127.0.0.1:{self.port} backlog=8192;
    location / {{ root {path}; }}
    location /post {{ return 200 "ok"; }}
  }}
}}""")
        self.process = subprocess.Popen(["nginx", "-c", path + "/nginx.conf", "-p", path])
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.folder.cleanup()

    def url(self, path="/index.html"):
        return f"http://127.0.0.1:{self.port}{path}"


def measured(command, env=None):
    """Runs a command to its end: output, CPU seconds, greatest RSS in MiB, wall seconds."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - began
        out.seek(0)
        text = out.read().decode(errors="replace")
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{command} failed:\n{text[-3000:]}")
    return text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, took


def wrk(url, post=False):
    command = ["wrk", "-t1", "-c50", f"-d{SECONDS}s", url]
    if post:
        lua = os.path.join(HERE, "scripts/post.lua")
        command = command[:-1] + ["-s", lua, url]
    text, cpu, _, _ = measured(command)
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    return cpu / requests * 1e6, requests / SECONDS


def summary_value(text, name):
    found = re.search(rf"{name}\.*: (\d+)", text)
    return int(found.group(1)) if found else 0


def loadd(script, url, *flags):
    command = [LOADD, "run", "--quiet", "-e", f"URL={url}", *flags, os.path.join(HERE, "scripts", script)]
    text, cpu, rss, took = measured(command)
    return summary_value(text, "http_reqs"), cpu, rss, took, text


def ratio_case(name, script, path="/index.html", post=False, flags=()):
    with Nginx() as nginx:
        peers, ours, rates = [], [], []
        for _ in range(ROUNDS):
            peer, _ = wrk(nginx.url(path), post)
            requests, cpu, _, _, _ = loadd(script, nginx.url(path), "--vus", "50", "--duration", f"{SECONDS}s", *flags)
            peers.append(peer)
            ours.append(cpu / requests * 1e6)
            rates.append(requests / SECONDS)
        peer, our = statistics.median(peers), statistics.median(ours)
        ratios = [a / b for a, b in zip(ours, peers)]
        print(f"{name:28} wrk {peer:5.2f} us  loadd {our:5.2f} us  ratio {statistics.median(ratios):4.2f}  ({statistics.median(rates):,.0f}/s)"
              f"  rounds {' '.join(f'{r:.2f}' for r in ratios)}", flush=True)


def memory_case():
    vus = int(os.environ.get("MEMORY_VUS", "1000"))
    with Nginx() as nginx:
        _, _, base, _, _ = loadd("sleeper.js", nginx.url(), "--vus", "1", "--duration", "3s")
        requests, cpu, rss, _, _ = loadd("sleeper.js", nginx.url(), "--vus", str(vus), "--duration", "8s")
        print(f"{'memory per VU':28} {(rss - base) / (vus - 1) * 1024:.0f} KiB  ({vus} VUs {rss:.0f} MiB, 1 VU {base:.0f} MiB; "
              f"{cpu / requests * 1e6:.0f} us CPU per iteration, VU creation included)", flush=True)


def creation_case():
    runs = []
    for _ in range(ROUNDS):
        _, one, _, _ = measured([LOADD, "run", "--quiet", "-u", "1", "-i", "1", os.path.join(HERE, "scripts/once.js")])
        _, many, _, _ = measured([LOADD, "run", "--quiet", "-u", "2001", "-i", "2001", os.path.join(HERE, "scripts/once.js")])
        runs.append((many - one) / 2000 * 1e3)
    print(f"{'making a VU':28} {statistics.median(runs):.3f} ms CPU (one empty iteration and its end included)", flush=True)


def startup_case():
    runs = []
    for _ in range(max(ROUNDS, 5)):
        _, cpu, rss, took = measured([LOADD, "run", "--quiet", "-u", "1", "-i", "1", os.path.join(HERE, "scripts/once.js")])
        runs.append((took * 1e3, cpu * 1e3, rss))
    took, cpu, rss = (statistics.median(column) for column in zip(*runs))
    print(f"{'start-up, 1 VU x 1':28} {took:.0f} ms wall, {cpu:.0f} ms CPU, {rss:.0f} MiB", flush=True)


def open_case(rate, seconds=SECONDS):
    """An arrival rate: CPU per start, dropped starts, start delay from the daemon's own page of metrics."""
    with Nginx() as nginx, tempfile.TemporaryDirectory() as folder:
        admin = free_port()
        with open(folder + "/test.toml", "w") as config:
            config.write(f"""
script = "{HERE}/scripts/get.js"
env = {{ URL = "{nginx.url()}" }}
[scenarios.open]
executor = "constant-arrival-rate"
rate = {rate}
duration = "{seconds}s"
pre_allocated_vus = {max(50, rate // 50)}
max_vus = {max(200, rate // 10)}
[admin]
listen = "127.0.0.1:{admin}"
[daemon]
linger = true
""")
        process = subprocess.Popen([LOADD, "--config", folder + "/test.toml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds + 2.5)
        page = subprocess.run(["curl", "-s", f"http://127.0.0.1:{admin}/metrics?test=1"], capture_output=True, text=True).stdout
        process.send_signal(signal.SIGTERM)
        _, _, usage = os.wait4(process.pid, 0)
        cpu = usage.ru_utime + usage.ru_stime
        total = lambda name: sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith(name))
        started, dropped = total("k6_iterations_total"), total("k6_dropped_iterations_total")
        buckets = [(float(re.search(r'le="([^"]+)"', line).group(1).replace("+Inf", "inf")), float(line.rsplit(" ", 1)[1]))
                   for line in page.splitlines() if line.startswith("loadd_iteration_start_delay_seconds_bucket")]
        p99 = next((edge for edge, count in sorted(buckets) if count >= 0.99 * started), float("nan"))
        print(f"{f'open model, {rate}/s':28} {cpu / max(started, 1) * 1e6:.1f} us CPU per start, dropped {dropped / max(started + dropped, 1) * 100:.3f} %, "
              f"start delay p99 <= {p99 * 1e3:.2f} ms", flush=True)


CASES = {
    "get": lambda: ratio_case("GET", "get.js"),
    "check": lambda: ratio_case("GET + check + tag", "get_check_tag.js"),
    "post": lambda: ratio_case("POST, bodies discarded", "post.js", "/post", True, ("--discard-response-bodies",)),
    "memory": memory_case,
    "creation": creation_case,
    "startup": startup_case,
    "open": lambda: open_case(2000),
    "highest": lambda: open_case(int(os.environ.get("RATE", "30000"))),
}

if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        CASES[case]()
