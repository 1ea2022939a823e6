#!/usr/bin/env python3
"""Draws a series, what the agent's default model says of it, and the faults that people found in it, as SVG.

  tests/bench/plot_score.py PROGRAM SERIES.csv OUT.svg [--title TEXT] [--fault BEGIN END]...

PROGRAM is `redshank`; SERIES.csv has the columns timestamp and value, as the files of NAB have. The model sees the series
once, from left to right, without a configuration. docs/ambient-temperature.svg is made by

  tests/bench/plot_score.py build/release/bin/redshank tests/data/ambient_temperature_system_failure.csv \\
    docs/ambient-temperature.svg --title "NAB, ambient_temperature_system_failure: an office, one reading an hour" \\
    --fault "2013-12-15 07:00:00" "2013-12-30 09:00:00" --fault "2014-03-29 15:00:00" "2014-04-20 22:00:00"
"""
import argparse
import csv
import datetime
import pathlib
import subprocess
import tempfile

WIDTH, PLOT, GAP, LEFT, TOP = 900, 150, 26, 46, 30


def seconds(text):
    return datetime.datetime.fromisoformat(text.strip()).replace(tzinfo=datetime.timezone.utc).timestamp()


def columns(times, values, first, last):
    """Lowest and highest value of each column of pixels."""
    found = {}
    for time, value in zip(times, values):
        column = int((time - first) / (last - first) * (WIDTH - 1))
        low, high = found.get(column, (value, value))
        found[column] = (min(low, value), max(high, value))
    return found


def curve(found, low, high, top, colour):
    """One path: down and up in each column."""
    def height(value):
        return top + PLOT * (1 - (value - low) / (high - low))
    points = []
    for column in sorted(found):
        for value in found[column]:
            points.append(f"{LEFT + column},{height(value):.1f}")
    return f'<polyline fill="none" stroke="{colour}" points="{" ".join(points)}"/>\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("series", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--fault", nargs=2, action="append", default=[], metavar=("BEGIN", "END"))
    parser.add_argument("--title", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.program, "replay", "--input", arguments.series, "--out", folder], check=True,
                       capture_output=True)
        with open(pathlib.Path(folder) / "scores.csv", newline="") as file:
            scores = list(csv.DictReader(file))
    with open(arguments.series, newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != len(scores):
        raise SystemExit(f"{len(rows)} rows and {len(scores)} scores: not one series")
    times = [seconds(row["timestamp"]) for row in rows]
    first, last = min(times), max(times)
    values = [float(row["value"]) for row in rows]
    windows = [[seconds(end) for end in fault] for fault in arguments.fault]

    lower = TOP + PLOT + GAP
    height = lower + PLOT + 24
    out = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 8} {height}" '
           f'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n')
    for begin, end in windows:
        x = LEFT + (begin - first) / (last - first) * WIDTH
        width = (end - begin) / (last - first) * WIDTH
        out += f'<rect x="{x:.1f}" y="{TOP}" width="{width:.1f}" height="{lower + PLOT - TOP}" fill="#fde0c8"/>\n'
    for top, low, high in ((TOP, min(values), max(values)), (lower, 0, 1)):
        out += f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{PLOT}" fill="none" stroke="#bbb"/>\n'
        for value, y in ((high, top + 10), (low, top + PLOT)):
            out += f'<text x="{LEFT - 5}" y="{y}" text-anchor="end">{value:.4g}</text>\n'
    threshold = lower + PLOT * 0.2
    out += f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{threshold}" y2="{threshold}" stroke="#c00" stroke-dasharray="4"/>\n'
    out += curve(columns(times, values, first, last), min(values), max(values), TOP, "#246")
    judged = [float(score["score"]) for score in scores]
    out += curve(columns(times, judged, first, last), 0, 1, lower, "#a30")
    for time, text in ((first, rows[0]["timestamp"]), (last, rows[-1]["timestamp"])):
        anchor = "start" if time == first else "end"
        x = LEFT if time == first else LEFT + WIDTH
        out += f'<text x="{x}" y="{height - 8}" text-anchor="{anchor}">{text[:10]}</text>\n'
    out += f'<text x="{LEFT}" y="{TOP - 10}">{arguments.title or arguments.series.stem}</text>\n'
    out += f'<text x="{LEFT}" y="{lower - 8}">score; the default rule fires from 0.8 on (dashed). Shaded: labelled faults</text>\n'
    arguments.out.write_text(out + "</svg>\n")


if __name__ == "__main__":
    main()
