#!/usr/bin/env python3
"""NAB with the real program: `redshank replay` without a configuration over each file, one stream a file, then the scores
as the benchmark's scorer takes them.

  tests/bench/nab.py build/release/bin/redshank DATA --scores DIR      DATA holds <group>/<file>.csv

Prints how many alerts the default rule raised; with --scorer nab_score.py --windows windows.json the score too.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile


def replayed(program, path, target, work):
    """Writes timestamp, anomaly_score; gives readings and alerts raised."""
    subprocess.run([program, "replay", "--input", path, "--out", work], check=True, stdout=subprocess.DEVNULL)
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = alerts = 0
    was = "0"
    with open(work / "scores.csv", newline="") as source, open(target, "w", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(["timestamp", "anomaly_score"])
        for row in csv.DictReader(source):
            writer.writerow([row["timestamp"], row["anomaly_score"]])
            rows += 1
            alerts += row["alarm"] == "1" and was == "0"
            was = row["alarm"]
    return rows, alerts


def scored(python, scorer, scores, windows, work):
    result = work / "score.json"
    subprocess.run([python, scorer, "--scores", scores, "--windows", windows, "--json", result], check=True,
                   stdout=subprocess.DEVNULL)
    profiles = json.loads(result.read_text())
    profiles = profiles.get("profiles", profiles)
    return {f"nab_{name}": values["score"] for name, values in profiles.items()
            if isinstance(values, dict) and "score" in values}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--scores", type=pathlib.Path, help="keep the scores here")
    parser.add_argument("--scorer", help="nab_score.py (numpy and pandas)")
    parser.add_argument("--windows", help="windows.json")
    parser.add_argument("--python", default="/usr/bin/python3", help="that runs the scorer")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    paths = sorted(arguments.data.glob("*/*.csv"))
    if not paths:
        sys.exit(f"no files in {arguments.data}")
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        scores = arguments.scores or work / "scores"
        counts = [replayed(arguments.program, path, scores / path.relative_to(arguments.data), work / "out")
                  for path in paths]
        measures = {"nab_files": len(paths), "nab_readings": sum(rows for rows, _ in counts),
                    "nab_alerts": sum(alerts for _, alerts in counts)}
        if arguments.scorer:
            measures |= scored(arguments.python, arguments.scorer, scores, arguments.windows, work)
    if arguments.json:
        print(json.dumps(measures))
    else:
        print(" ".join(f"{name}={value:.6g}" for name, value in measures.items()))


if __name__ == "__main__":
    main()
