#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: run the example programs as a user would: last lines, pictures, bad arguments.

  check_examples.py EXAMPLES_FOLDER DATA_FOLDER
"""
import os
import re
import subprocess
import sys
import tempfile

examples, data = (os.path.abspath(path) for path in sys.argv[1:3])
failures = []

LINE = re.compile(r"^modes=\d+/(\d+) modes_1pct=\d+/\1 high_quality=\d\.\d\d "
                  r"reverse_kl=(inf|\d+\.\d{3}) steps=(\d+) seconds=\d+\.\d "
                  r"steps_per_second=\d+\.\d peak_mb=\d+$")


def run(*arguments, env=None):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=300,
                          env={**os.environ, **(env or {})})


def check(what, condition, detail=""):
    print(("ok   " if condition else "FAIL ") + what + ("" if condition else f": {detail}"))
    if not condition:
        failures.append(what)


def ring(*arguments):
    return run(os.path.join(examples, "ring"), *arguments)


def last_lines(folder):
    """The last line has the promised form, for all layouts and set-ups, also with --quiet."""
    cases = [("ring", "8"), ("grid", "25"), ("swissroll", "25")]
    for setup in ("paper", "notebook"):
        for layout, modes in cases:
            out = os.path.join(folder, "a.png")
            result = ring("--setup", setup, "--layout", layout, "--unroll", "1", "--steps", "12",
                          "--batch", "64", "--threads", "2", "--out", out, "--quiet")
            line = result.stdout.strip().splitlines()[-1] if result.stdout.strip() else ""
            match = LINE.match(line)
            check(f"ring {setup} {layout}", result.returncode == 0 and match
                  and match.group(1) == modes and match.group(3) == "12" and not result.stderr,
                  result.stdout + result.stderr)


def same_bytes(folder):
    """The same run writes the same picture; another seed another one."""
    pictures = []
    for name, seed, threads in (("b", 3, 1), ("c", 3, 2), ("d", 4, 1)):
        out = os.path.join(folder, name + ".png")
        ring("--steps", "20", "--batch", "128", "--seed", str(seed), "--threads", str(threads),
             "--out", out, "--quiet")
        with open(out, "rb") as file:
            pictures.append(file.read())
    check("same seed, same picture, any thread count", pictures[0] == pictures[1])
    check("another seed, another picture", pictures[0] != pictures[2])
    check("picture is a PNG", pictures[0].startswith(b"\x89PNG\r\n\x1a\n"))


def bad_arguments(folder):
    """Code 2, a message that names the thing, usage, and at once."""
    out = os.path.join(folder, "e.png")
    cases = [(["--wrong"], "--wrong"), (["--steps"], "--steps"), (["--steps", "x"], "--steps"),
             (["--steps", "0"], "--steps"), (["--unroll", "-1"], "--unroll"),
             (["--unroll", "99999999999999999999"], "--unroll"), (["--batch", "0"], "--batch"),
             (["--setup", "other"], "--setup"), (["--layout", "rin"], "--layout"),
             (["--threads", "-2"], "--threads"), (["--seed", "1.5"], "--seed")]
    for arguments, named in cases:
        result = ring(*arguments, "--out", out)
        check("ring " + " ".join(arguments), result.returncode == 2 and named in result.stderr
              and "usage" in result.stderr and not result.stdout, result.stderr)
    result = ring("--out", os.path.join(folder, "no/such/folder.png"))
    check("unwritable output", result.returncode == 2 and "--out" in result.stderr, result.stderr)
    result = run(os.path.join(examples, "mnist"), "--data-dir", folder, "--out", out)
    check("no data", result.returncode == 2 and "train-images" in result.stderr, result.stderr)
    result = ring("--help")
    check("help", result.returncode == 0 and "--unroll" in result.stdout)


def other_examples(folder):
    out = os.path.join(folder, "f.png")
    result = run(os.path.join(examples, "mnist"), "--steps", "4", "--batch", "16", "--out", out,
                 "--quiet", env={"GAN_DATA": data})
    check("mnist", result.returncode == 0 and "steps=4 " in result.stdout, result.stderr)
    result = run(os.path.join(examples, "minimal"))
    check("minimal", result.returncode == 0 and result.stdout.startswith("samples:"),
          result.stderr)


with tempfile.TemporaryDirectory() as temporary:
    last_lines(temporary)
    same_bytes(temporary)
    bad_arguments(temporary)
    other_examples(temporary)
sys.exit(1 if failures else 0)
