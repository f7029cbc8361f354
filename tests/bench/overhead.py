#!/usr/bin/env python3
"""What the metrics pipeline costs: a daemon that pushes remote write and OTLP every 5 s while somebody reads its live page, beside
the same daemon without any of them. CPU per request of 50 VUs in a hot GET loop, and resident memory of 1,000 VUs of
`http.get; sleep(1)`. nginx is the target, VictoriaMetrics (`--receiver`) takes both pushes.
"""
import argparse
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

from processes import Nginx, cpu_seconds, free_port, status_kib

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent


class Victoria:
    def __init__(self, binary, folder):
        self.address = f"127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [binary, f"-storageDataPath={folder}/victoria", f"-httpListenAddr={self.address}", "-retentionPeriod=1d"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://{self.address}/health", timeout=1)
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("VictoriaMetrics does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def read_page(address, stop):
    """What a browser does: the stream of the page's events, to the end."""
    try:
        with urllib.request.urlopen(f"http://{address}/v1/stream", timeout=30) as events:
            while not stop.is_set() and events.readline():
                pass
    except OSError:
        pass  # the daemon has ended


class Bench:
    def __init__(self, args, nginx, victoria, folder):
        self.args, self.nginx, self.victoria, self.folder = args, nginx, victoria, folder

    def daemon(self, script, vus, outputs):
        admin = f"127.0.0.1:{free_port()}"
        config = pathlib.Path(self.folder, "test.toml")
        text = f"""test_id = "overhead"
instance = "w"
script = "{HERE / 'scripts' / script}"
env = {{ TARGET = "{self.nginx.url}" }}
vus = {vus}
duration = "10m"
[admin]
listen = "{admin}"
"""
        if outputs:
            text += f"""[remote_write]
url = "http://{self.victoria.address}/api/v1/write"
interval = "5s"
[otlp]
endpoint = "http://{self.victoria.address}/opentelemetry"
interval = "5s"
"""
        config.write_text(text)
        child = subprocess.Popen([self.args.loadd, "--config", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return child, admin

    def during(self, script, vus, outputs, measure):
        """What `measure` sees of a running daemon."""
        child, admin = self.daemon(script, vus, outputs)
        stop = threading.Event()
        try:
            time.sleep(3)
            reader = threading.Thread(target=read_page, args=(admin, stop), daemon=True)
            if outputs:
                reader.start()
            return measure(child.pid)
        finally:
            stop.set()
            child.terminate()
            child.wait()

    def cpu(self, outputs):
        def measure(pid):
            cpu, requests = cpu_seconds(pid), self.nginx.count()
            time.sleep(self.args.seconds)
            cpu, requests = cpu_seconds(pid) - cpu, self.nginx.count() - requests - 1
            return cpu / requests * 1e6
        return self.during("get.js", 50, outputs, measure)

    def memory(self, outputs):
        def measure(pid):
            time.sleep(self.args.seconds + 10)
            return status_kib(pid, "VmRSS") / 1024
        return self.during("sleeper.js", 1000, outputs, measure)

    def compare(self, what, measure, unit, limit):
        pairs = [(measure(False), measure(True)) for _ in range(self.args.rounds)]
        more = [(on / off - 1) * 100 for off, on in pairs]
        off, on = (statistics.median(column) for column in zip(*pairs))
        print(f"| {what} | {off:.2f} {unit} | {on:.2f} {unit} | {statistics.median(more):+.1f} % ({min(more):+.1f} to {max(more):+.1f}) | "
              f"{limit} % | {'reached' if statistics.median(more) <= limit else '**missed**'} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loadd", default=str(PROJECT / "target/release/loadd"))
    parser.add_argument("--receiver", default=str(PROJECT / "tests/.cache/victoria-metrics/usr/bin/victoria-metrics"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=15)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        nginx = Nginx(folder)
        victoria = Victoria(args.receiver, folder)
        try:
            print("| case | without | with | more | at most | |\n| --- | --- | --- | --- | --- | --- |", flush=True)
            bench = Bench(args, nginx, victoria, folder)
            bench.compare("CPU per request, 50 VUs in a GET loop", bench.cpu, "us", 5)
            bench.compare("resident memory, 1,000 VUs", bench.memory, "MiB", 10)
        finally:
            victoria.stop()
            nginx.stop()


if __name__ == "__main__":
    main()
