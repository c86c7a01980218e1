"""Tables read by the column give the rows that tables read row by row give, on the same bytes."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.ingest import table_reader
from analyzer.ingest.columnar import table_sheets
from analyzer.ingest.formats import line_reader
from analyzer.ingest.lines import MAX_LINE_BYTES
from analyzer.ingest.options import ReadingOptions
from tests.ingest.reading import rows_of

ANSWER = '{"time":"2026-03-01T10:00:00Z","level":"error","msg":"no, it is ""late"""}'
ISO = [f"2026-03-01T10:00:00.{n:03d}Z" for n in range(1, 60)]
TIMES = [
    *ISO, "2026-03-01T10:00:00Z", "2026-03-01 10:00:00", "2026-03-01 10:00:00,25", "1772359200",
    "1772359200.25", "1772359200123", "1772359200123456789", "10:00:00", "05/01/2026 10:00:00",
    "2026-03-01T10:00:00+02:00", "", "-", "x", "2099-01-01T00:00:00Z", "2026-03-01T\t10:00:00Z",
    "01/Mar/2026:10:00:00 +0000", "2026-03-01T10:00:00.1234567890Z",
]  # fmt: skip
WORDS = [
    "faq", "tickets", "", "-", "a,b;c\td|e", 'say "x"', "two\nlines", "it's 12 ms", "é€", " x ",
    "user_id=7 of a@b.org", "81.2.69.142", "phone +49 170 1234567", "0", "null", "\u00a0", "🙂",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
]  # fmt: skip
MESSAGES = [
    *WORDS, "worker 7 started", "time=2026-03-01T10:00:00Z level=error msg=no", ANSWER,
    " 2026-03-01 10:00:00,123 ERROR a.b no", '\x1c{"a": 1}', '{"cut": ', "level=",
    "Update id=7 is handled. Duration 12 ms by bot id=77", "GET /x/7 - 200 12ms",
    "Traceback (most recent call last):\r\n  File x\r\nValueError: no", "GET /x took 12 ms",
]  # fmt: skip
SPENT = ["7", "7.25", "1.5s", "12ms", "", "-", "-1", "-7", "x", "1e3", "0,5", "99999999999", "007"]
HEX = ["a" * 32, "B" * 32, "0" * 32, "12", "", "root", "f" * 16, "x y", "q" * 40]
POOLS: dict[str, Sequence[str]] = {
    "time": TIMES, "start_time": TIMES, "end_time": TIMES, "service": WORDS, "app": WORDS,
    "operation": ["GET /x/17", "", "sql.query", "/a/b?c=d"],
    "path": ["/x/1", "", "/y?request_id=7"], "method": ["GET", ""], "message": MESSAGES,
    "event": MESSAGES, "error": ["", "late", ANSWER],
    "duration_ms": SPENT, "db_duration_ms": SPENT, "duration": SPENT,
    "status": ["200", "404", "503", "", "ok", "x"], "outcome": ["ok", "failure", ""],
    "level": ["info", "ERROR", "", "?"], "trace_id": HEX,
    "span_id": HEX, "parent_span_id": HEX, "request_id": ["r1", "", "a b"], "update_id": ["7", ""],
    "user_id": ["7", "", "0"], "peer": WORDS, "cpu_percent": ["7", "x", ""], "note": WORDS,
    "mdc.trace_id": HEX, "fields.level": ["warn", ""], "span.kind": ["client", "server", "x", ""],
    "traceback": ["", "Traceback (most recent call last):\n  File x\nValueError: no"],
    "p ss": WORDS, "password": WORDS,
}  # fmt: skip
USUAL = {
    "start_time": "2026-03-01T10:00:00.100Z", "end_time": "2026-03-01T10:00:00.350Z",
    "duration": "250", "duration_ms": "7.5", "operation": "GET /x", "trace_id": "c" * 32,
    "status": "200",
}  # fmt: skip


def both_ways(content: bytes, options: ReadingOptions, lines: int | None = None) -> dict[str, Any]:
    """The rows of a table, the same whether or not any was read by the column."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_sheets, "MIN_ROWS", 1)
        found = rows_of(content, options, lines=lines)
        patch.setattr(table_sheets, "MIN_ROWS", 10**9)
        patch.setattr(table_reader, "MAX_LINE_BYTES", 0)
        assert found == rows_of(content, options, lines=lines)
    return found


def cells_of(names: Sequence[str], source: random.Random, odd: float) -> dict[str, str]:
    usual = {"time": source.choice(ISO), **USUAL}
    return {
        name: source.choice(POOLS[name])
        if source.random() < odd
        else usual.get(name, next(word for word in POOLS[name] if word))
        for name in names
    }


def rendered(cells: Sequence[str], delimiter: str, source: random.Random) -> bytes:
    out = io.StringIO(newline="")
    style: Literal[0, 1] = source.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(out, delimiter=delimiter, quoting=style, lineterminator="").writerow(cells)
    return out.getvalue().encode()


def damaged(line: bytes, source: random.Random) -> bytes:
    place = source.randrange(len(line) + 1)
    sign = source.choice([b'"', b'""', b"\r", b"\n", b"\0", b"\xff", b",", b"\t", b" "])
    return source.choice([
        line[:place], line[:place] + sign + line[place:], line[:place] + sign + line[place:],
        b"", b"  \t", b"\x0c", b'"', b"\xef\xbb\xbf" + line, line + b"\r", b"words", line * 2,
    ])  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(st.sampled_from(sorted(POOLS)), min_size=2, max_size=7, unique=True),
    seed=st.integers(0, 2**32),
    odd=st.sampled_from([0.0, 0.05, 0.3, 1.0]),
    spoilt=st.sampled_from([0.0, 0.0, 0.1]),
    units=st.sampled_from([{}, {"duration": 1_000_000}]),
    block_bytes=st.sampled_from([97, 1 << 12, 8 << 20]),
)
def test_any_table_gives_the_same_rows_both_ways(
    names: list[str],
    seed: int,
    odd: float,
    spoilt: float,
    units: dict[str, int],
    block_bytes: int,
) -> None:
    source = random.Random(seed)
    names = ["time", "level", *(name for name in names if name not in ("time", "level"))]
    delimiter, end = source.choice(",\t;|"), source.choice([b"\n", b"\n", b"\r\n"])
    lines = [delimiter.join(names).encode()]
    for _ in range(60):
        line = rendered(list(cells_of(names, source, odd).values()), delimiter, source)
        lines.append(damaged(line, source) if source.random() < spoilt else line)
    content = end.join(lines) + source.choice([b"", end])
    both_ways(content, ReadingOptions(units=units, block_bytes=block_bytes))


MICROS = [1_772_359_200_000_000 + 1_250 * n for n in range(50)]
UTC = [datetime.fromtimestamp(n / 1e6, tz=ZoneInfo("UTC")) for n in MICROS]
COLUMNS: dict[str, list[tuple[pa.DataType, Sequence[Any]]]] = {
    "time": [
        (pa.string(), ISO), (pa.string(), TIMES), (pa.int64(), MICROS), (pa.int64(), [0, *MICROS]),
        (pa.timestamp("us", "UTC"), UTC), (pa.timestamp("ms", "Europe/Berlin"), UTC),
        (pa.timestamp("ns"), [moment.replace(tzinfo=None) for moment in UTC]),
        (pa.float64(), [n / 1e6 for n in MICROS]), (pa.uint64(), [2**64 - 1, *MICROS]),
    ],
    "duration_ms": [
        (pa.int32(), [7, 0, 250]), (pa.int64(), [7, -1, -7, 2**60]), (pa.string(), SPENT),
        (pa.float64(), [0.25, 7.0, -1.0, 1e-7, float("nan"), 1e300]), (pa.float32(), [0.1, 7.5]),
    ],
    "duration": [(pa.duration("ms"), [timedelta(milliseconds=7)]), (pa.int64(), [7, 8])],
    "operation": [(pa.string(), ["GET /x/17", "sql"]), (pa.int64(), [7])],
    "status": [(pa.int16(), [200, 503]), (pa.string(), ["200", "ok"]), (pa.float64(), [200])],
    "ok": [(pa.bool_(), [True, False])],
    "success": [(pa.bool_(), [True, False]), (pa.string(), ["true", "false"])],
    "level": [(pa.dictionary(pa.int8(), pa.string()), ["info", "ERROR"]), (pa.int64(), [30, 50])],
    "message": [(pa.string(), MESSAGES), (pa.large_string(), WORDS), (pa.int64(), [7])],
    "user_id": [(pa.int64(), [7, 0, -1]), (pa.string(), ["7", ""]), (pa.float64(), [7.0])],
    "trace_id": [(pa.string(), HEX), (pa.binary(), [b"\x00\xff"])],
    "share": [(pa.float64(), [0.5, 1e-7, 1e16, float("inf"), 3.0]), (pa.decimal128(5, 2), [7])],
    "day": [(pa.date32(), [date(2026, 3, 1)])],
    "http": [
        (pa.struct({"path": pa.string(), "n": pa.int64()}), [{"path": "/x", "n": 7}]),
        (pa.struct({"client_ip": pa.string()}), [{"client_ip": "81.2.69.142"}]),
        (pa.list_(pa.string()), [["a", "a@b.org"], []]),
        (pa.map_(pa.string(), pa.int64()), [[("a", 7)]]),
    ],
    "password": [(pa.int64(), [7]), (pa.float64(), [0.5]), (pa.bool_(), [True])],
}  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    columns=st.lists(
        st.sampled_from(sorted(COLUMNS)).flatmap(
            lambda name: st.tuples(st.just(name), st.integers(0, len(COLUMNS[name]) - 1))
        ),
        max_size=6,
        unique_by=lambda pair: pair[0],
    ),
    kind_of_time=st.integers(0, len(COLUMNS["time"]) - 1),
    seed=st.integers(0, 2**32),
    missing=st.sampled_from([0.0, 0.0, 0.2]),
)
def test_any_parquet_gives_the_same_rows_both_ways(
    columns: list[tuple[str, int]], kind_of_time: int, seed: int, missing: float
) -> None:
    source = random.Random(seed)
    chosen = dict([*columns, ("time", kind_of_time)])
    arrays: dict[str, pa.Array] = {}
    for name, place in chosen.items():
        kind, pool = COLUMNS[name][place]
        values = [None if source.random() < missing else source.choice(pool) for _ in range(40)]
        arrays[name] = pa.array(values, kind)
    out = io.BytesIO()
    pq.write_table(pa.table(arrays), out)
    both_ways(out.getvalue(), ReadingOptions(), lines=40)


@pytest.mark.parametrize(
    ("kind", "noted"), [(pa.timestamp("us", "Asia/Tokyo"), 0), (pa.timestamp("ns"), 3)]
)
def test_times_of_parquet_are_read_whatever_their_type(kind: pa.DataType, noted: int) -> None:
    out = io.BytesIO()
    moments = pa.array(MICROS[:3], pa.timestamp("us")).cast(pa.timestamp(kind.unit, kind.tz))
    pq.write_table(pa.table({"time": moments, "message": ["a", "b", "c"]}), out)
    found = rows_of(out.getvalue(), lines=3)
    times = [row[2] for row in found["log_record"]]
    assert times == [moment.replace(tzinfo=None) for moment in UTC[:3]]
    assert sum(n for note, _, n in found["tally"].notes if note == "zone_assumed") == noted


def test_a_row_with_a_line_beyond_all_limits_is_quarantined_whole() -> None:
    long = b'2026-03-01T10:00:00Z,"a\n' + b"x" * (MAX_LINE_BYTES + 1) + b'",7'
    content = b"time,message,n\n" + b"2026-03-01T10:00:00Z,a,7\n" * 3 + long
    found = both_ways(content, ReadingOptions())
    assert [row[2:5] for row in found["quarantine"]] == [(5, 90, "too_long")]
    assert len(found["log_record"]) == 3


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_most_rows_of_a_table_are_read_by_the_column(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = 0
    read_row = table_reader.TableReader.read_row

    def counted(self: table_reader.TableReader, row: Any) -> None:
        nonlocal alone
        alone += 1
        read_row(self, row)

    monkeypatch.setattr(table_reader.TableReader, "read_row", counted)
    lines = ["time,level,service,operation,duration_ms,status,trace_id,message"]
    for n in range(2_000):
        stamp, note = f"2026-03-01T10:{n // 60:02d}:{n % 60:02d}.{n % 1000:03d}Z", n % 7
        work = f"GET /x/{n},{n / 8},200" if n % 2 else ",,"
        said = f'"job {n}: ""{note}"",{end}done"' if n % 5 == 0 else f"job {n}"
        lines.append(f"{stamp},info,faq,{work},{n:032x},{said}")
    found = rows_of(end.join(lines).encode())
    assert len(found["span"]) == len(found["log_record"]) == 1_000
    assert found["tally"].account.folded == 400
    assert alone < 20


HEADED_CELLS: dict[str, Sequence[str]] = {
    "date": ["2026-03-01", "-", "2026-3-1"],
    "time": ["10:00:00", "10:00:01.25", "-", "1772359200"],
    "date-local": ["2026-03-01", "-"], "time-local": ["10:00:00", "-"],
    "ts": ["1772359200.123456", "1772359200.5", "-", "7"], "cs-method": ["GET", "POST", "-"],
    "cs-uri-stem": ["/faq/7", "/x/500ms", "-", "/bot77:" + "A" * 35, '"/a b"'],
    "cs-uri": ["/faq?a=b", "-"], "uri": ["/z", "-"], "method": ["GET", "-"],
    "cs-uri-query": ["-", "a=b", "request_id=r-7&x=1", "trace_id=" + "ab" * 16, "token=s3cret"],
    "sc-status": ["200", "404", "503", "-"], "time-taken": ["7", "250", "0.25", "-", "-7", "x"],
    "duration": ["0.5", "-", "7"], "cs-username": ["-", "ann", "a@b.org"],
    "c-ip": ["81.2.69.142", "-", "2001:db8::1"], "s-sitename": ["W3SVC1", "-"],
    "cs(User-Agent)": ["Mozilla/5.0+(X11)", "-", "curl", "é", "a\u00a0b", "\x1b[31mred\x1b[0m"],
    "request_id": ["r-8", "-"], "took": ["7", "-"], "message": ["done", "-"],
}  # fmt: skip
HEADS_OF_TABLES = [
    "#Software: Microsoft Internet Information Services 10.0", "#Date: 2026-03-02 00:00:00",
    "# a remark", "#close 2026", "#path http", "-- Reboot --",
]  # fmt: skip
ODD_LINES = [
    "", "   at a.b.C(D.java:7)", "words", '{"time":"2026-03-01T10:00:00Z","msg":"x"}', "  \t",
    "2026-03-01T10:00:00Z stdout F hello", "web-1  | 10:00:00.5 INFO hello", "Traceback (most x",
    "2026-03-01 10:00:00,123 INFO a.b done duration=7", "Mar  1 10:00:00 host app[7]: text",
]  # fmt: skip


def headed_lines(source: random.Random, names: Sequence[str], odd: float) -> list[str]:
    tabs = source.random() < 0.3
    gap, lines = ("\t", ["#fields\t" + "\t".join(names)]) if tabs else (" ", [])
    if not tabs:
        lines = [source.choice(HEADS_OF_TABLES), "#Fields: " + " ".join(names)]
    for _ in range(40):
        cells = [
            source.choice(HEADED_CELLS[name] if source.random() < 0.3 else HEADED_CELLS[name][:1])
            for name in names
        ]
        line = gap.join(cells)
        if source.random() < odd:
            other = source.choice([HEADS_OF_TABLES, ODD_LINES])
            gone = gap.join(cells[:-1])
            line = source.choice([*other, gone, f"{line}{gap}7", f" {line}", f"{line} ", ""])
        lines.append(line)
    return lines


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    tables=st.lists(
        st.lists(st.sampled_from(sorted(HEADED_CELLS)), min_size=1, max_size=8, unique=True),
        min_size=1,
        max_size=2,
    ),
    first=st.sampled_from([[], ["date", "time"]]),
    seed=st.integers(0, 2**32),
    odd=st.sampled_from([0.0, 0.02, 0.2]),
    spoilt=st.sampled_from([0.0, 0.0, 0.05]),
    block_bytes=st.sampled_from([1 << 11, 8 << 20]),
)
def test_rows_below_headers_are_the_same_both_ways(
    tables: list[list[str]],
    first: list[str],
    seed: int,
    odd: float,
    spoilt: float,
    block_bytes: int,
) -> None:
    source = random.Random(seed)
    lines = []
    for names in tables:
        columns = [*first, *(name for name in names if name not in first)]
        lines += [line.encode() for line in headed_lines(source, columns, odd)]
    lines = [damaged(line, source) if source.random() < spoilt else line for line in lines]
    content = source.choice([b"\n", b"\r\n"]).join(lines) + source.choice([b"", b"\n"])
    both_ways(content, ReadingOptions(block_bytes=block_bytes))


def test_most_rows_below_a_header_are_read_by_the_column(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = 0
    read = line_reader.LineReader.read

    def counted(self: line_reader.LineReader, *given: Any) -> Any:
        nonlocal alone
        alone += 1
        return read(self, *given)

    monkeypatch.setattr(line_reader.LineReader, "read", counted)
    lines = ["#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status time-taken"]
    for n in range(2_000):
        query = ("-", "a=b", f"request_id=r-{n}")[n % 3]
        lines.append(f"2026-03-01 10:{n // 60:02d}:{n % 60:02d} GET /x/{n} {query} 200 {n}")
    found = rows_of("\r\n".join(lines).encode())
    assert len(found["span"]) == 2_000
    assert alone < 20
