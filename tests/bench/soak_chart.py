#!/usr/bin/env python3
"""soak_chart.py SOAK.csv OUT.svg: memory, spool and requests over the time of a soak, as soak.py wrote them. Needs matplotlib."""
import csv
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "loadd", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
import matplotlib.pyplot as plt  # noqa: E402: the backend is chosen first


def read(path):
    with open(path) as file:
        lines = file.readlines()
    away = [float(line.split(",")[1]) / 60 for line in lines if line.startswith("# away")]
    rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(line for line in lines if not line.startswith("#"))]
    return rows, away


def main():
    rows, away = read(sys.argv[1])
    minutes = [row["seconds"] / 60 for row in rows]
    pictures = [
        ("resident memory, MiB", [row["rss_mib"] for row in rows], "#c2410c"),
        ("spool on disk, MiB", [row["spool_bytes"] / 2**20 for row in rows], "#1d4ed8"),
        ("requests served, thousands", [row["served"] / 1000 for row in rows], "#15803d"),
    ]
    figure, axes = plt.subplots(len(pictures), 1, sharex=True, figsize=(8, 5.5), layout="constrained")
    for axis, (title, values, colour) in zip(axes, pictures):
        axis.plot(minutes, values, color=colour, linewidth=1.4)
        axis.set_ylim(bottom=0, top=max(values) * 1.15)
        axis.set_title(title, loc="left", fontsize=9)
        axis.grid(axis="y", color="#e5e7eb", linewidth=0.8)
        if len(away) == 2:
            axis.axvspan(*away, color="#fde68a", label="receiver away")
    if len(away) == 2:
        axes[0].legend(loc="lower right", frameon=False)
    axes[-1].set_xlabel("minutes")
    figure.savefig(sys.argv[2], metadata={"Date": None})


main()
