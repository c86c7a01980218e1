"""How fast files become a store, beside DuckDB's bare typed `read_ndjson` on the same bytes.

    python -m tests.benchmarks.ingest_speed [--lines 700000]

Each measurement is a process of its own; CPU is user + system of all its threads, start-up taken
off. Every run prints ratios, since absolute times depend on the machine and its other work.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

SERVICES = ("telegram-gateway", "tickets", "faq", "accounts", "notifications", "audit")
BARE = """
import sys, duckdb
with duckdb.connect(sys.argv[1]) as connection:
    connection.execute(
        "CREATE TABLE line AS SELECT * FROM read_ndjson($path, ignore_errors=true, columns={"
        "'@timestamp': 'TIMESTAMP', 'log.level': 'VARCHAR', message: 'VARCHAR', "
        "'service.name': 'VARCHAR', 'event.action': 'VARCHAR', 'event.duration': 'BIGINT', "
        "'event.outcome': 'VARCHAR', 'span.kind': 'VARCHAR', 'trace.id': 'VARCHAR', "
        "'span.id': 'VARCHAR', 'parent.id': 'VARCHAR', 'http.response.status_code': 'INTEGER'})",
        {"path": sys.argv[2]},
    )
"""
OURS = """
import sys
from pathlib import Path
from tests.ingest.reading import read
read(Path(sys.argv[1]), Path(sys.argv[2]))
"""
NOTHING = {
    BARE: "import sys, duckdb\nduckdb.connect(sys.argv[1]).close()",
    OURS: "import sys\nfrom pathlib import Path\nimport tests.ingest.reading\n"
    "from analyzer.store import Store\nStore(Path(sys.argv[1])).close()",
}


class Cost(NamedTuple):
    """What a process used: CPU and wall seconds, peak resident MB."""

    cpu_s: float
    wall_s: float
    rss_mb: float


def measured(program: str, store: Path, source: Path) -> Cost:
    """Run `program` in a process of its own and return what it used."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-c", program, store, source])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"the measured process failed with {child.returncode}")
    wall = time.perf_counter() - started
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def ecs(source: random.Random, moment: str) -> str:
    failed = source.random() < 0.02
    return json.dumps(
        {
            "@timestamp": moment + "Z",
            "log.level": "error" if failed else "info",
            "message": f"GET /tickets/{source.randint(1, 9999)} done",
            "ecs.version": "8.11.0",
            "service.name": source.choice(SERVICES),
            "event.action": "GET /tickets/{id}",
            "event.duration": source.randint(10**5, 10**9),
            "event.outcome": "failure" if failed else "success",
            "span.kind": source.choice(("server", "client")),
            "trace.id": f"{source.getrandbits(128):032x}",
            "span.id": f"{source.getrandbits(64):016x}",
            "parent.id": f"{source.getrandbits(64):016x}",
            "url.path": f"/tickets/{source.randint(1, 99999)}",
            "http.response.status_code": 503 if failed else 200,
        },
        separators=(",", ":"),
    )


def logfmt(source: random.Random, moment: str) -> str:
    return (
        f'time={moment}Z level=info service={source.choice(SERVICES)} msg="request completed" '
        f"kind=server method=GET path=/tickets/{source.randint(1, 99999)} status=200 "
        f"duration={source.random() * 100:.4f}ms trace_id={source.getrandbits(128):032x} "
        f"span_id={source.getrandbits(64):016x}"
    )


def python_text(source: random.Random, moment: str) -> str:
    stamp = moment.replace("T", " ").replace(".", ",")[:23]
    return (
        f"{stamp} INFO    faq.http request finished method=GET path=/faq/{source.randint(1, 999)} "
        f"status=200 duration_ms={source.random() * 100:.3f} "
        f"trace_id={source.getrandbits(128):032x} span_id={source.getrandbits(64):016x}"
    )


def access(source: random.Random, moment: str) -> str:
    clock = moment[11:19]
    return (
        f"10.0.0.{source.randint(1, 250)} - - [20/Nov/2026:{clock} +0000] "
        f'"GET /faq/{source.randint(1, 999)} HTTP/1.1" 200 612 "-" "curl/8" '
        f"request_time={source.random():.3f} request_id={source.getrandbits(128):032x}"
    )


STYLES: dict[str, Callable[[random.Random, str], str]] = {
    "ECS JSON": ecs,
    "logfmt": logfmt,
    "Python text": python_text,
    "access log": access,
}


def lines(style: Callable[[random.Random, str], str], count: int) -> Iterator[str]:
    source = random.Random(7)
    for n in range(count):
        seconds, part = divmod(n * 3, 1000)
        clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        yield style(source, f"2026-11-20T{clock}.{part:03d}000") + "\n"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=700_000)
    count = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        idle = {
            program: measured(nothing, folder / f"idle{n}.duckdb", folder)
            for n, (program, nothing) in enumerate(NOTHING.items())
        }
        bare_us = 0.0
        say(f"{count} lines a style; CPU microseconds a line without start-up")
        for place, (label, style) in enumerate(STYLES.items()):
            path = folder / f"{place}.log"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(lines(style, count))
            if style is ecs:
                cost = measured(BARE, folder / "bare.duckdb", path)
                bare_us = (cost.cpu_s - idle[BARE].cpu_s) / count * 1e6
                say(f"{'read_ndjson, bare':<18} {bare_us:6.2f} us  {'1.0':>5}")
            cost = measured(OURS, folder / f"{place}.duckdb", path)
            ours_us = (cost.cpu_s - idle[OURS].cpu_s) / count * 1e6
            rate = count / (cost.wall_s - idle[OURS].wall_s)
            say(
                f"{label:<18} {ours_us:6.2f} us  {ours_us / bare_us:5.1f} x  "
                f"{rate:9.0f} lines/s  {cost.rss_mb:.0f} MB"
            )
            path.unlink()


if __name__ == "__main__":
    main()
