#!/usr/bin/env python3
"""startup_order.py LOADD OUT: the functions that a run of one VU calls, one linker symbol on each line, as callgrind counts them.

`python3 tests/bench/startup_order.py target/release/loadd crates/loadd/startup-order.txt` after a `cargo build --release`;
names that a later build does not have are passed over by the linker. Needs valgrind and nginx.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from processes import Nginx

HERE = pathlib.Path(__file__).resolve().parent
# `fn=(12) name` where it is first met; `cfn=` where that is in a call. Addresses stand for what has no name.
NAMED = re.compile(rb"^c?fn=\(\d+\) ([_a-zA-Z][^\s'(]*)", re.MULTILINE)


def main():
    loadd, out = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        nginx, counted = Nginx(folder), pathlib.Path(folder, "counted")
        try:
            subprocess.run(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}", "--demangle=no", loadd, "run", "--quiet",
                 "-u", "1", "-d", "2s", "-e", f"TARGET={nginx.url}", str(HERE / "scripts" / "sleeper.js")],
                check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        finally:
            nginx.stop()
        names = sorted({name.decode() for name in NAMED.findall(counted.read_bytes())})
    out.write_text("\n".join(names) + "\n")
    print(f"{len(names)} functions")


main()
