#!/usr/bin/env python3
"""Instructions per event of each model, by callgrind (Debian: valgrind): the difference of two runs that differ in the
number of events only, so that making the stream and starting the program do not count.

  instructions.py build/release/bin/model_bench_costs [NAME...]
"""
import argparse
import pathlib
import re
import subprocess
import tempfile

FIRST, LAST = 4000, 8000  # events: caches of a model are warm, warm-ups over


def instructions(program, name, events):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, "--rows", str(LAST),
                        "--events", str(events), "--only", name], check=True, capture_output=True)
        return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    names = arguments.names or subprocess.run([arguments.program, "--rows", "1", "--list"], check=True, text=True,
                                              capture_output=True).stdout.split()
    for name in names:
        more = instructions(arguments.program, name, LAST) - instructions(arguments.program, name, FIRST)
        print(f"{name}.instructions={more / (LAST - FIRST):.0f}", flush=True)


if __name__ == "__main__":
    main()
