"""Mutated log lines through all readers, masks and columns: nothing may raise, all must add up.

    python -m tests.ingest.fuzz_lines --inputs 1000000 --seed 1

Prints the seed and the input of a failure; every found one becomes a case of a test.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer.ingest.archives import compression_of
from tests.ingest.reading import count_lines, read_files
from tests.ingest.test_json_logs import T
from tests.ingest.test_text_lines import LOGS, PYTHON_TRACEBACK, SPANS

_TOKENS = (
    b'"', b"{", b"}", b"[", b"]", b"=", b":", b",", b" ", b"\t", b"\\", b"\x00", b"\xff", b"\r",
    b"\x1b[31m", b"| ", b"-1", b"1e999", b"NaN", b"null", b"\\ud800", b"\xc2\xb2", b"9" * 30,
    b"2026-02-30T25:61:61Z", b"0000-00-00", b"user_id=", b"password=", b"{}",
    b"#Fields: date time",
    b"Traceback (most recent call last):", b"  at x", b"spans", b"traceId", b"id", b"log",
    b"stream",
    str(T).encode(), b"%s", b"\xf0\x9f\x98\x80",
)  # fmt: skip
_BATCH = 2_000


def corpus() -> list[bytes]:
    lines = [line for line, _ in (*SPANS.values(), *LOGS.values())]
    lines += PYTHON_TRACEBACK.splitlines()
    lines += [
        '{"time":"2026-03-01T10:00:00Z","op":"x","duration_ms":1.5,"trace_id":"ab","level":30}',
        '{"log":"a b\\n","stream":"stdout","time":"2026-03-01T10:00:00Z"}',
        '{"traceId":"ab","id":"cd","name":"n","timestamp":1772359200000000,"duration":5}',
        '{"traceID":"ab","spanID":"cd","operationName":"o","startTime":1,"duration":2,"tags":[]}',
        '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ab","spanId":"cd"}]}]}]}',
        '{"streams":[{"stream":{"app":"x"},"values":[["1772359200000000000","y"]]}]}',
        '{"instant":{"epochSecond":1772359200,"nanoOfSecond":7},"message":"m"}',
        "2026-03-01T10:00:00.0Z stdout P part",
        "web-1  | 10:00:00.5 INFO hello",
        "Mar  1 10:00:00 host app[7]: text",
    ]
    return [line.encode() for line in lines]


def mutated(source: random.Random, seeds: list[bytes]) -> bytes:
    line = bytearray(source.choice(seeds))
    for _ in range(source.randint(0, 4)):
        place = source.randint(0, len(line))
        how = source.randint(0, 5)
        if how == 0:
            line[place:place] = source.choice(_TOKENS)
        elif how == 1:
            del line[place : place + source.randint(1, 8)]
        elif how == 2 and line:
            line[place % len(line)] = source.randint(0, 255)
        elif how == 3:
            other = source.choice(seeds)
            line[place:] = other[source.randint(0, len(other)) :]
        elif how == 4:
            line[place:] = b""
        else:
            line[place:place] = line[max(0, place - 10) : place]
    return bytes(line).replace(b"\n", b" ")


def batches(seed: int, inputs: int) -> Iterator[bytes]:
    source, seeds = random.Random(seed), corpus()
    for _ in range(0, inputs, _BATCH):
        yield b"\n".join(mutated(source, seeds) for _ in range(_BATCH))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for number, content in enumerate(batches(given.seed, given.inputs), start=1):
        if compression_of(content) != "none":
            continue
        with TemporaryDirectory() as folder:
            account = read_files(Path(folder), {"fuzz.log": content}).account()
            parts = ("records", "quarantined", "blank", "folded", "excluded")
            if not account["lines"] == count_lines(content) == sum(account[p] for p in parts):
                Path("fuzz-failure.log").write_bytes(content)
                raise SystemExit(f"batch {number} of seed {given.seed}: {account}")
        sys.stdout.write(f"\r{number * _BATCH} inputs")
        sys.stdout.flush()
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
