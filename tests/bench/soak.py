#!/usr/bin/env python3
"""soak.py LOADD PROMETHEUS MINUTES OUT.csv: a long run with spool and receiver; soak_chart.py makes the picture of it.

Starts `loadd target`, Prometheus and the daemon on free ports of the loopback, with a script that makes new tag values for as
long as it runs (the cardinality limit folds them). In the second third the receiver is killed for a minute, so that the spool
fills and drains. Resident memory of the daemon (from /proc), its series, its spool and what the target has served are written
down every ten seconds.
"""
import json, os, re, signal, socket, subprocess, sys, tempfile, time, urllib.request

COLUMNS = ["seconds", "rss_mib", "series", "spool_bytes", "pending_samples", "served"]

SCRIPT = """
import http from 'k6/http';
import { Trend } from 'k6/metrics';
const wide = new Trend('wide', true);
export default function () {
  http.get(`${__ENV.TARGET}/plain?ms=20`);
  wide.add(Math.random() * 500, { user: `${__VU}-${__ITER}` });
}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rss_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


def page(admin):
    text = urllib.request.urlopen(f"http://{admin}/metrics", timeout=5).read().decode()
    sums = {}
    for line in text.splitlines():
        if not line.startswith("#") and " " in line:
            name, value = line.rsplit(" ", 1)
            sums[name.split("{")[0]] = sums.get(name.split("{")[0], 0.0) + float(value)
    return sums


def served(target):
    with urllib.request.urlopen(f"http://{target}/stats", timeout=5) as answer:
        return json.load(answer)["served"]


def write(rows, away, out):
    """A picture of what there is so far can be made at any time."""
    with open(out, "w") as file:
        file.write(",".join(COLUMNS) + "\n")
        file.writelines(",".join(f"{value:.1f}" for value in row) + "\n" for row in rows)
        file.writelines(f"# away,{seconds:.1f}\n" for seconds in away or [])


def main():
    loadd, prometheus, minutes, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    room = tempfile.mkdtemp(prefix="loadd-soak-")
    target, admin, receiver = (f"127.0.0.1:{free_port()}" for _ in range(3))
    files = {
        "script.js": SCRIPT,
        "prometheus.yml": "global: {}\nstorage:\n  tsdb:\n    out_of_order_time_window: 30m\n",
        "soak.toml": f"""test_id = "soak"
instance = "w"
script = "script.js"
env = {{ TARGET = "http://{target}" }}
[scenarios.steady]
executor = "constant-arrival-rate"
rate = 100
duration = "{int(minutes * 60)}s"
pre_allocated_vus = 20
max_vus = 50
[remote_write]
url = "http://{receiver}/api/v1/write"
interval = "5s"
spool = {{ path = "spool", max_bytes = "64MiB" }}
[metrics]
series_per_metric = 1000
[admin]
listen = "{admin}"
[daemon]
linger = true
""",
    }
    for name, text in files.items():
        with open(os.path.join(room, name), "w") as file:
            file.write(text)

    def start(*command):
        log = open(os.path.join(room, "log"), "a")
        return subprocess.Popen(command, cwd=room, stdout=log, stderr=log)

    def receive():
        return start(prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={receiver}",
                     "--web.enable-remote-write-receiver", "--enable-feature=native-histograms")

    running = {"target": start(loadd, "target", "--listen", target), "receiver": receive()}
    time.sleep(2)
    running["daemon"] = start(loadd, "--config", "soak.toml")
    began, rows, away = time.time(), [], None
    try:
        while time.time() - began < minutes * 60 + 5:
            time.sleep(10)
            now = time.time() - began
            numbers = page(admin)
            rows.append((now, rss_mib(running["daemon"].pid), numbers.get("loadd_series", 0), numbers.get("loadd_spool_bytes", 0),
                         numbers.get("loadd_remote_write_pending_samples", 0), served(target)))
            write(rows, away, out)
            if away is None and now > minutes * 60 / 3:
                running["receiver"].kill()
                running["receiver"].wait()
                away = [now, now]
            elif away and away[0] == away[1] and now - away[0] > 60:
                running["receiver"] = receive()
                away[1] = now
        numbers = page(admin)
        print({name: value for name, value in numbers.items() if "remote_write" in name or "spool" in name or "overflow" in name})
        print("served", served(target))
    finally:
        for process in running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in running.values():
            process.wait(timeout=60)


main()
