#!/usr/bin/env python3
"""SKAB with the real program: the 8 sensors of each file as one group, rows 0 to 399 train, F1, FAR and MAR pooled over
the later rows. One configuration for all files. --half 0 or 1: every second file only, to choose on one and report both.

  tests/bench/skab.py build/release/bin/redshank DATA      DATA holds <group>/<n>.csv
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

TRAIN_ROWS = 400
LABELS = ("anomaly", "changepoint")
WARMUP = 360  # with the rows that are passed while the standardisation settles, not more than TRAIN_ROWS


def replayed(program, path, fields, model, work):
    config = work / "redshank.toml"
    quoted = ", ".join(json.dumps(field) for field in fields)
    config.write_text(
        f'[anomaly]\nmodel = "{model}"\nwarmup = {WARMUP}\n[[group]]\nname = "loop"\nchannels = [{quoted}]\n')
    out = work / "out"
    subprocess.run([program, "replay", "--config", config, "--input", path, "--out", out, "--fields", ",".join(fields)],
                   check=True, stdout=subprocess.DEVNULL)
    with open(out / "scores.csv", newline="") as file:
        return [(row["timestamp"], row["alarm"] == "1") for row in csv.DictReader(file) if row["group"] == "loop"]


def truth_of(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    fields = [name for name in rows[0] if name not in LABELS][1:]
    return fields, [(row["datetime"], float(row["anomaly"]) > 0) for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--scorer", help="skab_score.py: prints its line as well")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    paths = sorted(path for path in arguments.data.glob("*/*.csv") if path.parent.name != "anomaly-free")
    if arguments.half is not None:
        paths = paths[arguments.half::2]
    if not paths:
        sys.exit(f"no files in {arguments.data}")
    counts = {(truth, flagged): 0 for truth in (False, True) for flagged in (False, True)}
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        names = []
        for path in paths:
            fields, truth = truth_of(path)
            flags = replayed(arguments.program, path, fields, arguments.model, work)
            if len(flags) != len(truth):
                sys.exit(f"{path}: {len(truth)} rows, {len(flags)} scores")
            for (_, anomalous), (_, flagged) in zip(truth[TRAIN_ROWS:], flags[TRAIN_ROWS:]):
                counts[anomalous, flagged] += 1
            name = path.relative_to(arguments.data)
            names.append(str(name))
            target = work / "predicted" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["datetime", "anomaly"])
                writer.writerows((time, int(flagged)) for (time, _), (_, flagged) in zip(truth, flags))
        if arguments.scorer:
            (work / "names").write_text("\n".join(names) + "\n")
            subprocess.run([sys.executable, arguments.scorer, "--data", arguments.data, "--pred", work / "predicted",
                            "--files", work / "names"], check=True, stdout=sys.stderr)

    true_found, missed = counts[True, True], counts[True, False]
    false_found, quiet = counts[False, True], counts[False, False]
    far = 100 * false_found / max(1, false_found + quiet)
    mar = 100 * missed / max(1, true_found + missed)
    figures = {
        "files": len(paths),
        "f1": round(2 * true_found / max(1, 2 * true_found + false_found + missed), 4),
        "far_percent": round(far, 2),
        "mar_percent": round(mar, 2),
        "j": round(1 - far / 100 - mar / 100, 4),
    }
    figures = {f"skab_{key}": value for key, value in figures.items()}
    print(json.dumps(figures) if arguments.json else " ".join(f"{key}={value}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
