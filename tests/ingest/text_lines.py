"""Text lines of loggers whose messages vary freely: words, pairs, marks, levels, objects."""

from __future__ import annotations

import random

from tests.ingest.form_lines import Style, address, clock, part, path

HOST = ', host: "x.org"'
_OPENINGS = (
    "cache warm", "GET /faq/7 200 in 12 ms", "error in worker",
    "listening on :8080", "a.b.c: done",
    "http: TLS handshake", "in faq: x", "value : 7", "foo - bar", "LOG rotated", "[warn] late",
    "worker[7]: done", '"Finished syncing"', "Task x failed", "12 of 30", "sub_name: x", "- dash",
    "I saw it", "main.go:80: started", "26#27: *7 open() failed",
    "connect() failed (111: no)", "é",
    "[req-3f2504e0-4f89-11d3-9a0c-0305e82c3301] x", "WARNING x", "system: up", "None", "x | y",
    "host tag[7]: x", "GET /faq HTTP/1.1 200", "done --- x", "Update id=7 is handled.", "::x",
)  # fmt: skip
_TAILS = (
    "", "", "", " a=b", ' key="ns/pod" took="1.5ms"',
    " path=/faq?x=1&y=2", " (err=no)", ' {"n": 7}',
    " took 12ms", " x==y", " /a?b=c", " status=200 duration_ms=7.5",
    ", client: 10.0.0.7", " [a,b]",
    ' request: "GET /x HTTP/1.1", host: "x.org"', " 81.2.69.142", " \x1b[0m", " level=ERROR", " ",
    " user_id=7", " a=1 a=2", " key='x y'", " 5 ms", ' note="a \\"b\\" c" n=7', " err={x}", " =7",
)  # fmt: skip


def message(source: random.Random) -> str:
    usual = [f"ticket {source.randrange(99)} done", f"connecting to {address(source)}"]
    words = source.choice([*usual * 8, *_OPENINGS])
    return words + source.choice(_TAILS)


def glog_line(source: random.Random) -> str:
    level, caller = source.choice("IWEF"), source.choice(["sync.go", "a/b.cc"])
    day = source.choice(["0301", "0301", "0302", "1231", "0000", "20260301"])
    return (
        f"{level}{day} {clock(source)}.{part(source, 6)} {source.randrange(99999):7d} "
        f"{caller}:{source.randrange(999)}] {message(source)}"
    )


def go_line(source: random.Random) -> str:
    caller = source.choice(["", "", f"main.go:{source.randrange(99)}: ", "x/y.go:7: "])
    fraction = source.choice(["", "." + part(source, 6)])
    return f"2026/03/01 {clock(source)}{fraction} {caller}{message(source)}"


def leveled_line(source: random.Random) -> str:
    level = source.choice(["INFO", "ERROR", "[warn]", "[error] 26#27: *7", "info:", "-"])
    stamp = source.choice(["2026/03/01", "26/03/01", "2026-03-01"])
    return f"{stamp} {clock(source)} {level} {message(source)}"


def bracketed_line(source: random.Random) -> str:
    head = source.choice([
        "[7] [INFO]", "[INFO]", "[INFO] [faq.http]",
        "INFO [main] faq.http -", "INFO 1 --- [x] a.B :",
        "[main] INFO a.b.C -", "INFO faq.http", "INFO faq.http:",
    ])  # fmt: skip
    opened, closed = source.choice([("[", "]"), ("", "")])
    return f"{opened}2026-03-01 {clock(source)},{part(source, 3)}{closed} {head} {message(source)}"


def error_line(source: random.Random) -> str:
    level = source.choice(["error", "warn", "crit"])
    said = source.choice(["connect() failed (111: refused)", 'open() "/x" failed (2: no)', "x"])
    tail = f', client: {address(source)}, request: "GET {path(source)} HTTP/1.1"'
    return (
        f"2026/03/01 {clock(source)} [{level}] 26#27: *{source.randrange(99)} {said}"
        f"{source.choice([tail, tail + HOST, '', message(source)])}"
    )


def spark_line(source: random.Random) -> str:
    level = source.choice(["INFO", "WARN", "A7"])
    return f"26/03/01 {clock(source)} {level} executor: {message(source)}"


TEXT_STYLES: dict[str, Style] = {
    "bracketed": bracketed_line,
    "glog": glog_line,
    "go": go_line,
    "leveled": leveled_line,
    "nginx_error": error_line,
    "spark": spark_line,
}
