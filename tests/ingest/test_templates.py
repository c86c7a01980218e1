"""Lines read by the column give the rows that lines read one by one give, on the same bytes."""

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
from tests.ingest.reading import count_lines_read_alone, read_files, rows_of
from tests.ingest.samples import SAMPLES

HEX = "0123456789abcdef"


def iso(source: random.Random) -> str:
    minute, second, part = source.randrange(60), source.randrange(60), source.randrange(1000)
    return f"2026-03-01T10:{minute:02d}:{second:02d}.{part:03d}Z"


def hexes(source: random.Random, count: int) -> str:
    return "".join(source.choice(HEX) for _ in range(count))


def word(source: random.Random) -> str:
    return source.choice(
        [
            "faq",
            "done",
            "10.20.30.40",
            "81.2.69.160",
            "a@b.org",
            "it's",
            "ok",
            "123456",
            "user_id=7",
        ]
    )


def json_line(source: random.Random) -> str:
    failed = source.random() < 0.2
    fields: dict[str, Any] = {
        "time": iso(source),
        "level": "error" if failed else "info",
        "service": source.choice(["faq", "tickets", "faq-6d4cf56db6-x2x9z"]),
        "msg": source.choice(["request done", f"ticket {source.randrange(99)} of {word(source)}"]),
        "op": f"GET /tickets/{source.randrange(999)}/notes",
        "duration_ms": source.choice([source.randrange(500), 17]),
        "trace_id": hexes(source, 32),
        "user_id": source.randrange(5),
        "status": 503 if failed else 200,
        "http": {"client_ip": f"81.2.69.{source.randrange(9)}", "ok": not failed},
        "share": source.randrange(1000) / 8,
    }
    if source.random() < 0.1:
        fields["note"] = 'a "quoted"\nword \\ back'
    return json.dumps(fields, separators=source.choice([(",", ":"), (", ", ": ")]))


def pino_line(source: random.Random) -> str:
    return json.dumps({
        "level": source.choice([30, 50]), "time": 1772359200000 + source.randrange(10**6),
        "pid": 1, "hostname": "h", "name": "faq", "msg": "request completed",
        "responseTime": source.randrange(900), "reqId": f"r-{source.randrange(99)}",
        "req": {"method": "GET", "url": f"/faq/{source.randrange(99)}?q={word(source)}"},
        "res": {"statusCode": source.choice([200, 404, 500])},
    })  # fmt: skip


def logfmt_line(source: random.Random) -> str:
    usual = [f"{source.random() * 90:.4f}ms", f"{source.randrange(9)}s"]
    took = source.choice(usual * 10 + ["1m2.5s", "7"])
    return (
        f'time={iso(source)} level=info service=faq msg="{word(source)} \\"x\\" done" method=GET '
        f"path=/faq/{source.randrange(99)} status={source.choice([200, 500])} duration={took} "
        f"peer={source.choice(['db', ''])} trace_id={hexes(source, 32)}"
    )


def text_line(source: random.Random) -> str:
    stamp = iso(source).replace("T", " ").replace(".", ",")[:-1]
    n, trace = source.randrange(10_000), hexes(source, 32)
    api = f"https://api.telegram.org/bot77:{'A' * 35}"
    tail = source.choice([
        f"ticket {n} done method=GET path=/faq/{n} duration_ms={n / 8} trace_id={trace}",
        f'ticket {n} done method=GET path=/faq/{n} duration_ms={n / 8} note="a b"',
        f"worker {n} started",
        f"worker {n}: cache warm ({word(source)})",
        f"Update id={n} is handled. Duration {n % 90} ms by bot id=77",
        f'HTTP Request: POST {api}/sendMessage "HTTP/1.1 {source.choice([200, 429])} OK"',
        "user=7, chat_id=9; reason=late",
        f"a.b.c - {word(source)}",
        "GET /faq/7 took 12 ms",
    ])  # fmt: skip
    return f"{stamp} {source.choice(['INFO', 'ERROR'])} faq.http {tail}"


def access_line(source: random.Random) -> str:
    n, request = source.randrange(10_000), hexes(source, 32)
    user = source.choice(["-", "ann"])
    tail = source.choice([
        "", f" {n / 1000:.3f}", f" {n / 1000:.3f} {n / 2000:.3f}", f" {n}", ' "81.2.69.142"',
        f' rt={n / 1000:.3f} urt="{n / 2000:.3f}" request_id={request}',
        f" 512 {n / 1000:.3f} [ns-faq-80] [] 10.0.0.7:80 77 {n / 1000:.3f} 200 {request}",
    ])  # fmt: skip
    return (
        f"81.2.69.{n % 200} - {user} [01/Mar/2026:10:{n % 60:02d}:00 +0000] "
        f'"GET /faq/{n}?token=s3cret{n} HTTP/1.1" {source.choice([200, 404, 503])} 612 '
        f'"{source.choice(["-", "https://x.org/"])}" "curl/8"{tail}'
    )


def collected_line(source: random.Random) -> str:
    inner = source.choice([text_line(source), logfmt_line(source), json_line(source), "words"])
    return json.dumps({"date": 1772359200.5 + source.randrange(900), "log": inner})


def headed_line(source: random.Random) -> str:
    stamp = iso(source)
    return source.choice([
        f"{stamp} {logfmt_line(source)}", f"{stamp} {json_line(source)}",
        f"{stamp} INFO in {word(source)}", f'{stamp}\tINFO\tfaq.http\tdone\t{{"n": 1}}',
        f"{stamp} INFO in faq.http: done", f"{stamp} faq.http INFO {word(source)} done",
        f"{stamp}\tINFO\tdone",
        f"{stamp} | INFO | faq:http:7 - done", f"{stamp}|INFO|faq.http|done", f"{stamp} INFO done",
        f"{stamp} INFO [faq.http] (worker-1) done", f"{stamp} INFO [a:b:1] - {word(source)}",
        f"{stamp} INFO done latency={source.randrange(90)} ms status=200",
    ])  # fmt: skip


def queried_line(source: random.Random) -> str:
    query = source.choice(["", "?a=b", "?request_id=r-7", "?trace_id=ab12&x=1", "?user_id=7"])
    tail = source.choice(
        ["", ' "-" 0.250 0.249', " 0/250000", " 0.250000", ' "-"', ' "0.250"', ' "x 1"', ' "0/9"']
    )
    return (
        f"10.0.0.{source.randrange(9)} - - [01/Mar/2026:10:00:00 +0000] "
        f'"GET /faq/{source.randrange(99)}{query} HTTP/1.1" 200 612 "-" "curl/8"{tail}'
    )


STYLES: dict[str, Callable[[random.Random], str]] = {
    "json": json_line,
    "pino": pino_line,
    "logfmt": logfmt_line,
    "text": text_line,
    "access": access_line,
}


ODD_STYLES: dict[str, Callable[[random.Random], str]] = {
    **STYLES,
    "collected": collected_line,
    "headed": headed_line,
    "queried": queried_line,
}
"""Styles of whose lines many look like those of a template, and are not."""


def damaged(line: bytes, source: random.Random) -> bytes:
    place = source.randrange(len(line) + 1)
    return source.choice([
        line[:place],
        line[:place] + bytes([source.randrange(256)]) + line[place:],
        b"    at com.example.Main(Main.java:7)",
        b'Traceback (most recent call last):\n  File "x"\nValueError: no',
        b"",
        b"plain words",
        b"\xff\xfe\xff\xfe",
        line + b" ",
        line + b"\r",
    ])  # fmt: skip


def contents(content: bytes, lessons: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(book, "MAX_LESSONS", lessons)
    monkeypatch.setattr(book, "MIN_LINES", 2)
    return rows_of(content)


def assert_same_both_ways(content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert contents(content, 64, patch) == contents(content, 0, patch)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    styles=st.lists(st.sampled_from(sorted(ODD_STYLES)), min_size=1, max_size=2),
    seed=st.integers(0, 2**32),
    spoilt=st.sampled_from([0.0, 0.05, 0.3]),
)
def test_both_ways_give_the_same_rows(styles: list[str], seed: int, spoilt: float) -> None:
    source = random.Random(seed)
    lines = []
    for _ in range(120):
        line = ODD_STYLES[source.choice(styles)](source).encode()
        lines.append(damaged(line, source) if source.random() < spoilt else line)
    assert_same_both_ways(b"\n".join(lines) + source.choice([b"", b"\n"]))


def test_both_ways_agree_on_every_sample_repeated() -> None:
    for sample in SAMPLES:
        if sample.count(b"\n") < 4:
            assert_same_both_ways((sample.rstrip(b"\n") + b"\n") * 8)


@pytest.mark.parametrize("style", STYLES)
def test_many_lines_of_a_style_are_read_by_the_column(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of styles with odd lines between them, each of which keeps the line before it open."""
    source = random.Random(7)
    counted = count_lines_read_alone(monkeypatch)
    lines = "\n".join(STYLES[style](source) for _ in range(3_000))
    with tempfile.TemporaryDirectory() as folder:
        read_files(Path(folder), {"x.log": lines})
    assert sum(counted) < 2_200


WORDS_OF_PAIRS = ("path", "took", "phone", "no", "number", "card", "id", "note", "user", "tel")
PARTS_OF_VALUES = (
    "0171", "1234567", "4111111111111111", "+49", "8", "495", "phone", "user", "/", "-", ".", ":",
    "0a", "deadbeef", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "ms", "7", "12.5", "10.20.30.40",
    "81.2.69.160", "/bot77", "a@b.org", "_", "",
)  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(
    words=st.sampled_from(["done", "call phone", "user 12345678", "ticket 7 of 0171 late"]),
    keys=st.lists(st.sampled_from(WORDS_OF_PAIRS), min_size=1, max_size=3, unique=True),
    seed=st.integers(0, 2**32),
)
def test_values_that_are_written_alike_hide_nothing_and_tell_nothing(
    words: str, keys: list[str], seed: int
) -> None:
    """What masks and templates make of a message is the same, whatever stands in its pairs."""
    source = random.Random(seed)
    usual = {key: source.choice(["7", "12.5ms", "/faq/77", "0123456789abcdef"]) for key in keys}
    lines = []
    for n in range(60):
        odd = n % 6 == 0
        pairs = " ".join(
            f"{key}={''.join(source.choices(PARTS_OF_VALUES, k=3)) if odd else usual[key]}"
            for key in keys
        )
        lines.append(f"2026-03-01 10:00:{n:02d},000 INFO faq.http {words} {pairs}")
    assert_same_both_ways("\n".join(lines).encode())


VALUES = (
    "7", "70", "-0", "-7", "7.0", "7.50", "0.1", "7e0", "1E2", "99999999999999999999", "007",
    "true", "null", '"7"', '""', '"x"', '"true"', "[7]", '["x"]', '{"a":7}', '"a\\u00e9\\ud800"',
    '"\\/x"', '"é"', '"say \\"x\\""', '"C:\\\\x"', '"C:\\\\"', '"a\\nb\\tc"', '"\\u0000"',
    '"x\x01"',
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    usual=st.lists(st.sampled_from(VALUES[:21]), min_size=2, max_size=2),
    odd=st.lists(
        st.tuples(
            st.sampled_from(("n", "a", "labels", "id", "n.a")),
            st.sampled_from(VALUES),
            st.sampled_from(
                ("", '"n":8,', '"zz":1,', '"a":{"n":7},', '"a.n":7,', '"labels.x":"y",')
            ),
            st.sampled_from(("", " ")),
        ),
        max_size=6,
    ),
)
def test_json_lines_that_nearly_have_one_form_give_the_same_rows(
    usual: list[str], odd: list[tuple[str, str, str, str]]
) -> None:
    """Other types, repeated and further keys, dots for nesting, escapes: all are told apart."""
    head = '{"time":"2026-03-01T10:00:00.5Z","msg":"done",'
    lines = [f'{head}"n":{value},"a":{{"n":{value}}}}}' for value in usual for _ in range(4)]
    for key, value, further, gap in odd:
        line = f'{head}{further}"{key}":{gap}{value},"o":{value}}}'
        lines += [line, line, f'{head}{further}"{key}":{gap}{usual[0]},"o":{value}}}{gap}']
    assert_same_both_ways("\n".join(lines).encode() + b"\n")


WRITTEN = (
    *("0", "-0", "007", "-7", "12345678", "123456789", "1772359200000000000"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e5", "+1", "1.5"),
)
TEXTS = (
    *(
        "",
        "a",
        "twelve bytes",
        "thirteen byte",
        "семь",
        "двенадцать букв",
        "\x7f",
        "a\tb",
        "a\x01b",
    ),
    *(
        r"a\"b",
        r"a\nb",
        r"\u00e9",
        r"a\/b",
        r"a\\b",
        r"\\\"",
        "\\",
        r"\ud800",
        "5 of 7",
        "(8) in 9",
    ),
    *("4", "b=4, c=5; d", "a 12,13 b", "9" * 420),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    values=st.lists(st.tuples(st.sampled_from(WRITTEN), st.sampled_from(TEXTS)), min_size=1),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_json_values_are_read_as_they_are_written(values: list[tuple[str, str]], end: str) -> None:
    """However long, escaped or malformed: cut out of a block they are what a parser reads."""
    usual = ("17", "request 12 done")
    lines = [
        f'{{"time":"2026-03-01T10:00:00.5Z","n":{number},"msg":"{text}","note":"{text}"}}{end}'
        for pair in values
        for number, text in (usual, pair, usual)
    ]
    assert_same_both_ways("".join(lines).encode())
