"""Lines below heads of runtimes and collectors: the same rows by the column and one by one."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.ingest.columnar import book
from analyzer.ingest.options import ReadingOptions
from tests.ingest.reading import count_lines_read_alone, read_files, rows_of
from tests.ingest.test_templates import (
    access_line,
    damaged,
    iso,
    json_line,
    logfmt_line,
    text_line,
)

Style = Callable[[random.Random], str]


def untimed_line(source: random.Random) -> str:
    """A line that leaves it to its wrapper to tell the time."""
    n = source.randrange(1000)
    return source.choice([
        f'{{"level":"info","msg":"done {n}","op":"GET /faq","duration_ms":{n}}}',
        f"level=info msg=done duration={n}ms path=/faq/{n}",
    ])  # fmt: skip


def plain_words(source: random.Random) -> str:
    n = source.randrange(100)
    return source.choice([
        "Accepted publickey for root", f"worker {n} started", f"job {n}: done in {n} ms",
        f"connection from 10.0.0.{n} port {n}", "ERROR could not read", f"GET /faq/{n} 200 17ms",
        f"took={n} user=7", "Update id=7 is handled. Duration 12 ms by bot id=77",
        f"[{n}] idle", '{"n": 7', "INFO: ready", "    at com.example.Main(Main.java:7)", "|", "",
    ])  # fmt: skip


def local_line(source: random.Random) -> str:
    """A zone-less time, which a wrapper may prove."""
    hour = source.choice(["10", "12", "13"])
    return f"2026-03-01 {hour}:00:{source.randrange(60):02d},000 INFO faq.http done took_ms=7"


INNER: dict[str, Style] = {
    "json": json_line,
    "logfmt": logfmt_line,
    "text": text_line,
    "access": access_line,
    "untimed": untimed_line,
    "words": plain_words,
    "local": local_line,
}


def cri(line: str, source: random.Random) -> str:
    zone = source.choice(["Z", "Z", "Z", "+02:00"])
    tag = source.choice(["F"] * 12 + ["P"])
    stream = source.choice(["stdout", "stdout", "stderr"])
    return f"{iso(source)[:-1]}456789{zone} {stream} {tag} {line}"


def docker(line: str, source: random.Random) -> str:
    end = source.choice(["\n"] * 12 + [""])
    told: dict[str, Any] = {
        "log": line + end,
        "stream": source.choice(["stdout", "stderr"]),
        "time": iso(source),
    }
    if source.random() < 0.3:
        told["attrs"] = {"service": source.choice(["faq", "tickets"])}
    return json.dumps(told)


def kubernetes(line: str, source: random.Random) -> str:
    labels = {"app": source.choice(["faq", "tickets"])}
    return json.dumps({
        "@timestamp": iso(source), "log": line, "stream": "stdout",
        "kubernetes": {"pod_name": "faq-6d4cf56db6-x2x9z", "labels": labels},
    })  # fmt: skip


def compose(line: str, source: random.Random) -> str:
    name = source.choice(["faq-1", "tickets_2", "db", "\x1b[36mfaq-1", "INFO"])
    end = "\x1b[0m" if name.startswith("\x1b") else ""
    return f"{name}  | {end}{line}"


def pod(line: str, source: random.Random) -> str:
    return f"[pod/faq-6d4cf56db6-x2x9z/{source.choice(['faq', 'proxy'])}] {line}"


def syslog(line: str, source: random.Random) -> str:
    tag = source.choice(["faq[7]", "haproxy[9]", "nginx", "CRON"])
    pri = source.choice(["", "<134>"])
    return f"{pri}Mar  1 10:{source.randrange(60):02d}:00 host-1 {tag}: {line}"


def dated_syslog(line: str, source: random.Random) -> str:
    return f"{iso(source)} host-1 faq[7]: {line}"


def syslog_5424(line: str, source: random.Random) -> str:
    data = source.choice(["-", '[a@1 b="c"]'])
    return f"<134>1 {iso(source)} host-1 {source.choice(['faq', '-'])} 7 - {data} {line}"


HEADS: dict[str, Callable[[str, random.Random], str]] = {
    "cri": cri,
    "docker": docker,
    "kubernetes": kubernetes,
    "compose": compose,
    "pod": pod,
    "syslog": syslog,
    "dated": dated_syslog,
    "5424": syslog_5424,
    "bare": lambda line, _: line,
    "coloured": lambda line, source: f"\x1b[3{source.randrange(8)}m{line}\x1b[0m",
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    heads=st.lists(st.sampled_from(sorted(HEADS)), min_size=1, max_size=2),
    within=st.sampled_from([None, None, "docker", "compose", "syslog", "cri", "coloured"]),
    inner=st.lists(st.sampled_from(sorted(INNER)), min_size=1, max_size=2),
    seed=st.integers(0, 2**32),
    spoilt=st.sampled_from([0.0, 0.02, 0.2]),
    block_bytes=st.sampled_from([2_000, 8 << 20]),
)
def test_both_ways_give_the_same_rows(
    heads: list[str],
    within: str | None,
    inner: list[str],
    seed: int,
    spoilt: float,
    block_bytes: int,
) -> None:
    source = random.Random(seed)
    lines = []
    for _ in range(150):
        line = INNER[source.choice(inner)](source)
        if within is not None:
            line = HEADS[within](line, source)
        line = HEADS[source.choice(heads)](line, source)
        raw = line.encode()
        lines.append(damaged(raw, source) if source.random() < spoilt else raw)
    content = b"\n".join(lines) + b"\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "MIN_LINES", 2)
        columns = rows_of(content, block_bytes)
        patch.setattr(book, "MAX_LESSONS", 0)
        assert rows_of(content, block_bytes) == columns


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(
    head=st.sampled_from(sorted(HEADS)),
    inner=st.lists(st.sampled_from(sorted(INNER)), min_size=1, max_size=2),
    seed=st.integers(0, 2**32),
    share=st.floats(0, 1),
)
def test_a_file_that_grew_gives_the_store_of_one_read_whole(
    head: str, inner: list[str], seed: int, share: float
) -> None:
    source = random.Random(seed)
    lines = [HEADS[head](INNER[source.choice(inner)](source), source) for _ in range(120)]
    content = "\n".join(lines).encode() + b"\n"
    begun = content[: int(share * len(content))]
    options = ReadingOptions(block_bytes=2_000)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "MIN_LINES", 2)
        grown, whole = Path(folder, "grown"), Path(folder, "whole")
        read_files(grown, {"x.log": begun}, options=options)
        again = read_files(grown, {"x.log": content}, options=options)
        assert (
            again.contents() == read_files(whole, {"x.log": content}, options=options).contents()
        )


@pytest.mark.parametrize("head", [name for name in HEADS if name != "bare"])
@pytest.mark.parametrize("inner", ["json", "logfmt", "access"])
def test_most_lines_below_a_head_are_read_by_the_column(
    head: str, inner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = count_lines_read_alone(monkeypatch)
    source = random.Random(7)
    usual = [INNER[inner](source) for _ in range(3)]
    lines = [HEADS[head](source.choice(usual), source) for _ in range(1_500)]
    # No pieces, and no names that are none.
    odd = {"cri": " P ", "compose": "INFO ", "docker": '\\n", "stream"'}.get(head, "\0")
    whole = [line for line in lines if (odd in line) == (head == "docker")]
    rows_of("\n".join(whole).encode())
    assert sum(counted) < len(whole) / 2
