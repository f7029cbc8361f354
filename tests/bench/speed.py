#!/usr/bin/env python3
"""CPU per request, memory per VU and start-up of loadd against wrk, h2load and oha, with nginx as the target."""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

from processes import Nginx, cpu_seconds, measured, status_kib

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
# Row -> what loadd must reach: a factor of the peer.
LIMITS = {"get": 1.6, "check": 2.2, "post": 1.7, "https": 1.7, "http2": 1.8, "open": 1.3}


class Bench:
    """One row per method, by its name."""

    def __init__(self, args, nginx, folder):
        self.args, self.nginx, self.folder = args, nginx, folder
        self.closed = ("-u", "50", "-d", f"{args.seconds}s")

    def loadd(self, script, *flags, **env):
        variables = [part for name, value in env.items() for part in ("-e", f"{name}={value}")]
        return [self.args.loadd, "run", "--quiet", *flags, *variables, str(HERE / "scripts" / script)]

    def wrk(self, url, *more):
        return ["wrk", f"-t{self.args.threads}", "-c50", f"-d{self.args.seconds}s", f"{url}/small", *more]

    def per_request(self, command):
        before = self.nginx.count()
        cpu, _, text = measured(command)
        requests = self.nginx.count() - before - 1
        return cpu / requests * 1e6, requests, text

    def compare(self, case, peer, ours):
        """Interleaved rounds; prints one row."""
        theirs, own = [], []
        for _ in range(self.args.rounds):
            theirs.append(self.per_request(peer)[0])
            own.append(self.per_request(ours)[0])
        them, us = statistics.median(theirs), statistics.median(own)
        ratios = [b / a for a, b in zip(theirs, own)]
        ratio = statistics.median(ratios)
        verdict = "reached" if ratio <= LIMITS[case] else "**missed**"
        print(f"| {case} | {pathlib.Path(peer[0]).name} {them:.2f} us | {us:.2f} us | {ratio:.2f} "
              f"({min(ratios):.2f}-{max(ratios):.2f}) | {LIMITS[case]:.2f} | {verdict} |", flush=True)

    def row(self, case, value, unit, limit, more=""):
        at_least = unit == "/s"
        reached = value >= limit if at_least else value <= limit
        print(f"| {case} | - | {value:,.4g}{unit}{more} | - | {limit:,}{unit} | {'reached' if reached else '**missed**'} |", flush=True)

    def get(self):
        self.compare("get", self.wrk(self.nginx.url), self.loadd("get.js", *self.closed, TARGET=self.nginx.url))

    def check(self):
        self.compare("check", self.wrk(self.nginx.url), self.loadd("check.js", *self.closed, TARGET=self.nginx.url))

    def post(self):
        script = pathlib.Path(self.folder, "post.lua")
        script.write_text("wrk.method = 'POST'\nwrk.body = string.rep('x', 200)\n")
        self.compare("post", self.wrk(self.nginx.url, "-s", str(script)),
                     self.loadd("post.js", *self.closed, TARGET=self.nginx.url))

    def https(self):
        self.compare("https", self.wrk(self.nginx.https),
                     self.loadd("get.js", *self.closed, "--insecure-skip-tls-verify", TARGET=self.nginx.https))

    def http2(self):
        peer = ["h2load", f"-t{self.args.threads}", "-c50", "-m1", f"-D{self.args.seconds}", f"{self.nginx.http2}/small"]
        self.compare("http2", peer,
                     self.loadd("get.js", *self.closed, "--insecure-skip-tls-verify", TARGET=self.nginx.http2))

    def json(self):
        command = self.loadd("json.js", *self.closed, TARGET=self.nginx.url)
        cost = statistics.median(self.per_request(command)[0] for _ in range(self.args.rounds))
        self.row("GET of 10 KB of JSON, parsed, 1 KB built", cost, " us", 200)

    def open(self):
        ours = self.loadd("open.js", TARGET=self.nginx.url, RATE=2000, DURATION=f"{self.args.seconds}s")
        if not self.args.oha:
            print("| open | no oha given | | | 1.30 | |", flush=True)
            return
        peer = [self.args.oha, "--no-tui", "-q", "2000", "-c", "50", "-z", f"{self.args.seconds}s", f"{self.nginx.url}/small"]
        self.compare("open", peer, ours)

    def rate(self):
        """The highest of the tried rates, reached in 2 s and held for 10, of which under 0.1 % is dropped."""
        best, seconds = 0, 10
        for rate in range(10_000, 60_001, 5_000):
            command = self.loadd("rate.js", TARGET=self.nginx.url, RATE=rate, DURATION=f"{seconds}s")
            _, requests, text = self.per_request(command)
            dropped = re.search(r"dropped_iterations\.*:\s+(\d+)", text)
            dropped = int(dropped[1]) if dropped else 0
            if dropped > 0.001 * requests or requests < 0.998 * rate * (seconds + 1):
                break
            best = rate
        self.row("highest rate, < 0.1 % dropped", best, "/s", 30_000)

    def resident(self, script, vus):
        """KiB once each VU has done some iterations."""
        command = self.loadd(script, "-u", str(vus), "-d", "12s", TARGET=self.nginx.url)
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(8)
        resident = status_kib(child.pid, "VmRSS")
        child.wait()
        return resident

    def per_vu(self, script, vus, rounds=3):
        low = statistics.median(self.resident(script, 100) for _ in range(rounds))
        high = statistics.median(self.resident(script, vus) for _ in range(rounds))
        return (high - low) / (vus - 100)

    def memory(self):
        self.row(f"memory per VU (100 -> {self.args.vus} VUs)", self.per_vu("sleeper.js", self.args.vus), " KiB", 170)

    def library(self):
        bare = self.per_vu("sleeper.js", 1000, 1)
        self.row("papaparse imported: added per VU", self.per_vu("library.js", 1000, 1) - bare, " KiB", 300)
        self.row("SharedArray of 1 MB: added per VU", self.per_vu("shared.js", 1000, 1) - bare, " KiB", 2)

    def many(self):
        """CPU per iteration of 10,000 VUs between second 15 and second 25, when all are made."""
        command = self.loadd("sleeper.js", "-u", "10000", "-d", "27s", TARGET=self.nginx.url)
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(15)
        cpu, requests = cpu_seconds(child.pid), self.nginx.count()
        time.sleep(10)
        cpu, requests = cpu_seconds(child.pid) - cpu, self.nginx.count() - requests - 1
        child.wait()
        self.row("10,000 VUs, CPU per iteration", cpu / requests * 1e6, " us", 45)

    def making(self):
        """CPU of n VUs that do one empty iteration each, less that of one."""
        def cpu(vus):
            command = self.loadd("once.js", "-u", str(vus), "-i", str(vus))
            return statistics.median(measured(command)[0] for _ in range(self.args.rounds))
        self.row("making a VU", (cpu(2001) - cpu(1)) / 2000 * 1e3, " ms", 0.25)

    def start(self):
        once = self.loadd("once.js", "-u", "1", "-i", "1")
        wall = statistics.median(measured(once)[1] for _ in range(4 * self.args.rounds)) * 1e3
        self.row("start-up, 1 VU x 1 iteration", wall, " ms", 20)
        child = subprocess.Popen(self.loadd("sleeper.js", "-u", "1", "-d", "2s", TARGET=self.nginx.url),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        peak = status_kib(child.pid, "VmHWM") / 1000
        child.wait()
        self.row("memory with 1 VU (VmHWM)", peak, " MB", 15)


CASES = ["get", "check", "post", "https", "http2", "json", "open", "rate", "memory", "many", "library", "making", "start"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loadd", default=str(PROJECT / "target/release/loadd"))
    parser.add_argument("--oha", help="oha's binary, for the open model")
    parser.add_argument("--threads", type=int, default=2, help="of loadd and its peer alike")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--vus", type=int, default=5000)
    parser.add_argument("--case", action="append", choices=CASES)
    args = parser.parse_args()
    if not pathlib.Path(args.loadd).is_file():
        raise SystemExit(f"no {args.loadd}: cargo build --release -p loadd")
    os.environ["GOMAXPROCS"] = str(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        nginx = Nginx(folder)
        try:
            print("| case | peer | loadd | ratio (range) | must reach | |\n| --- | --- | --- | --- | --- | --- |", flush=True)
            bench = Bench(args, nginx, folder)
            for case in args.case or CASES:
                getattr(bench, case)()
        finally:
            nginx.stop()


if __name__ == "__main__":
    main()
