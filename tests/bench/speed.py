#!/usr/bin/env python3
"""CPU per request, memory per VU and start-up of loadd against wrk (and oha), with nginx as the target."""
import argparse
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
# case -> (what loadd must reach as a factor of the peer, words)
LIMITS = {"get": 1.6, "check": 2.2, "post": 1.7, "open": 1.3}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    """One worker, no log; `stub_status` counts."""

    def __init__(self, folder):
        self.port = free_port()
        config = pathlib.Path(folder, "nginx.conf")
        temp = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config.write_text(f"""daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr;
events {{ worker_connections 30000; }} worker_rlimit_nofile 60000;
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 600; {temp}
  server {{ listen 127.0.0.1:{self.port} backlog=4096;
    location = /count {{ stub_status; }}
    location / {{ default_type text/plain; return 200 '{"o" * 100}'; }} }} }}""")
        binary = os.environ.get("LOADD_TEST_NGINX", "/usr/sbin/nginx")
        self.process = subprocess.Popen([binary, "-p", folder, "-c", config], stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{self.port}"
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


def measured(command, env=None):
    """(CPU seconds, wall seconds, peak RSS in KiB, output) of a command to its end."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        out.seek(0)
        text = out.read().decode(errors="replace")
    if child.returncode != 0:
        raise SystemExit(f"{command} ended with {child.returncode}:\n{text}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss, text


def per_request(nginx, command):
    before = nginx.count()
    cpu, _, _, text = measured(command)
    requests = nginx.count() - before - 1
    return cpu / requests * 1e6, requests, text


def loadd(args, script, *flags, **env):
    variables = [part for name, value in env.items() for part in ("-e", f"{name}={value}")]
    return [args.loadd, "run", "--quiet", *flags, *variables, str(HERE / "scripts" / script)]


def wrk(args, nginx, post=None):
    command = ["wrk", "-t1", "-c50", f"-d{args.seconds}s", f"{nginx.url}/small"]
    return command + (["-s", str(post)] if post else [])


def compare(args, nginx, case, peer, ours):
    """Interleaved rounds; prints one row."""
    theirs, own = [], []
    for _ in range(args.rounds):
        theirs.append(per_request(nginx, peer)[0])
        own.append(per_request(nginx, ours)[0])
    them, us = statistics.median(theirs), statistics.median(own)
    ratios = [b / a for a, b in zip(theirs, own)]
    ratio = statistics.median(ratios)
    verdict = "ok" if ratio <= LIMITS[case] else "**missed**"
    print(f"| {case} | {pathlib.Path(peer[0]).name} {them:.2f} us | {us:.2f} us | {ratio:.2f} "
          f"({min(ratios):.2f}-{max(ratios):.2f}) | {LIMITS[case]:.2f} | {verdict} |", flush=True)


def row(case, value, limit):
    print(f"| {case} | - | {value} | - | {limit} | |", flush=True)


def resident(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1])


def memory(args, nginx, vus):
    """RSS once each VU has done some iterations."""
    command = loadd(args, "sleeper.js", "-u", str(vus), "-d", "12s", TARGET=nginx.url)
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(8)
    rss = resident(child.pid)
    child.wait()
    return rss


def memory_per_vu(args, nginx):
    few, many = 100, args.vus
    low = statistics.median(memory(args, nginx, few) for _ in range(3))
    high = statistics.median(memory(args, nginx, many) for _ in range(3))
    row(f"memory per VU ({few} -> {many} VUs)", f"{(high - low) / (many - few):.0f} KiB", "170 KiB")


def making(args):
    """CPU of n VUs that do one empty iteration each, less that of one."""
    def cpu(vus):
        return statistics.median(
            measured(loadd(args, "once.js", "-u", str(vus), "-i", str(vus)))[0] for _ in range(args.rounds))
    row("making a VU", f"{(cpu(2001) - cpu(1)) / 2000 * 1e3:.3f} ms", "0.25 ms")


def start_up(args):
    runs = [measured(loadd(args, "once.js", "-u", "1", "-i", "1")) for _ in range(4 * args.rounds)]
    wall = statistics.median(run[1] for run in runs) * 1e3
    row("start-up, 1 VU x 1 iteration", f"{wall:.1f} ms, {max(run[2] for run in runs) / 1024:.1f} MiB", "20 ms, 15 MB")


def highest_rate(args, nginx):
    """The highest of the tried rates with under 0.1 % dropped; start delay is judged by the daemon's own histogram."""
    best = 0
    for rate in range(10_000, 60_001, 5_000):
        _, requests, text = per_request(
            nginx, loadd(args, "open.js", TARGET=nginx.url, RATE=rate, DURATION=f"{args.seconds}s"))
        dropped = re.search(r"dropped_iterations\.*:\s+(\d+)", text)
        dropped = int(dropped[1]) if dropped else 0
        if dropped > 0.001 * rate * args.seconds or requests < 0.998 * rate * args.seconds:
            break
        best = rate
    row("highest rate, < 0.1 % dropped", f"{best:,}/s", "30,000/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loadd", default=str(PROJECT / "target/release/loadd"))
    parser.add_argument("--oha", help="oha's binary, for the open model")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--vus", type=int, default=5000)
    parser.add_argument("--case", action="append",
                        choices=["get", "check", "post", "open", "rate", "memory", "making", "start"])
    args = parser.parse_args()
    cases = args.case or ["get", "check", "post", "open", "rate", "memory", "making", "start"]
    if not pathlib.Path(args.loadd).is_file():
        raise SystemExit(f"no {args.loadd}: cargo build --release -p loadd")
    with tempfile.TemporaryDirectory() as folder:
        nginx = Nginx(folder)
        try:
            print("| case | peer | loadd | ratio (range) | must reach | |\n| --- | --- | --- | --- | --- | --- |", flush=True)
            closed = ("-u", "50", "-d", f"{args.seconds}s")
            if "get" in cases:
                compare(args, nginx, "get", wrk(args, nginx), loadd(args, "get.js", *closed, TARGET=nginx.url))
            if "check" in cases:
                compare(args, nginx, "check", wrk(args, nginx), loadd(args, "check.js", *closed, TARGET=nginx.url))
            if "post" in cases:
                script = pathlib.Path(folder, "post.lua")
                script.write_text("wrk.method = 'POST'\nwrk.body = string.rep('x', 200)\n")
                compare(args, nginx, "post", wrk(args, nginx, script),
                        loadd(args, "post.js", *closed, TARGET=nginx.url))
            if "open" in cases:
                ours = loadd(args, "open.js", TARGET=nginx.url, RATE=2000, DURATION=f"{args.seconds}s")
                if args.oha:
                    peer = [args.oha, "--no-tui", "-q", "2000", "-c", "50", "-z", f"{args.seconds}s",
                            f"{nginx.url}/small"]
                    compare(args, nginx, "open", peer, ours)
                else:
                    cost = statistics.median(per_request(nginx, ours)[0] for _ in range(args.rounds))
                    row("2,000/s open model (no oha given)", f"{cost:.1f} us", "1.3 x oha")
            if "rate" in cases:
                highest_rate(args, nginx)
            if "memory" in cases:
                memory_per_vu(args, nginx)
            if "making" in cases:
                making(args)
            if "start" in cases:
                start_up(args)
        finally:
            nginx.stop()


if __name__ == "__main__":
    main()
