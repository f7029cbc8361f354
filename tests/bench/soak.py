#!/usr/bin/env python3
"""soak.py LOADD PROMETHEUS MINUTES OUT.svg: a long run with spool and receiver, and the picture of its memory.

Starts `loadd target`, Prometheus and the daemon on free ports of the loopback, with a script that makes new tag values for as
long as it runs (the cardinality limit folds them). In the second third the receiver is killed for a minute, so that the spool
fills and drains. Resident memory of the daemon is read from /proc every ten seconds and written beside OUT.svg as OUT.csv.
"""
import os, re, signal, socket, subprocess, sys, tempfile, time, urllib.request

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


def picture(rows, away, out, title):
    width, height, left, bottom = 900, 360, 60, 40
    top = max(row[1] for row in rows) * 1.25
    end = rows[-1][0]
    x = lambda seconds: left + (width - left - 20) * seconds / end
    y = lambda mib: height - bottom - (height - bottom - 40) * mib / top
    line = " ".join(f"{x(t):.1f},{y(m):.1f}" for t, m, *_ in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="20" font-size="14">{title}</text>',
    ]
    if away:
        parts.append(f'<rect x="{x(away[0]):.1f}" y="40" width="{x(away[1]) - x(away[0]):.1f}" height="{height - bottom - 40}" fill="#fde4cf"/>')
        parts.append(f'<text x="{x(away[0]):.1f}" y="36" fill="#b5651d">receiver away</text>')
    step = 10 if top < 100 else 50
    for mib in range(0, int(top) + 1, step):
        parts.append(f'<line x1="{left}" x2="{width - 20}" y1="{y(mib):.1f}" y2="{y(mib):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y(mib) + 4:.1f}" text-anchor="end">{mib}</text>')
    for minute in range(0, int(end // 60) + 1, 5):
        parts.append(f'<text x="{x(minute * 60):.1f}" y="{height - 20}" text-anchor="middle">{minute} min</text>')
    parts.append(f'<text x="14" y="{height / 2}" transform="rotate(-90 14 {height / 2})" text-anchor="middle">resident memory, MiB</text>')
    parts.append(f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/></svg>')
    with open(out, "w") as file:
        file.write("\n".join(parts) + "\n")


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
                         numbers.get("loadd_remote_write_pending_samples", 0)))
            with open(os.path.splitext(out)[0] + ".csv", "w") as file:
                file.write("seconds,rss_mib,series,spool_bytes,pending_samples\n")
                file.writelines(",".join(f"{value:.1f}" for value in row) + "\n" for row in rows)
            if away is None and now > minutes * 60 / 3:
                running["receiver"].kill()
                running["receiver"].wait()
                away = [now, now]
            elif away and away[0] == away[1] and now - away[0] > 60:
                running["receiver"] = receive()
                away[1] = now
        numbers = page(admin)
        print({name: value for name, value in numbers.items() if "remote_write" in name or "spool" in name or "overflow" in name})
        picture(rows, away, out, f"loadd, {minutes:.0f} min at 100/s, a new tag value per iteration, 1,000 series per metric")
    finally:
        for process in running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in running.values():
            process.wait(timeout=60)


main()
