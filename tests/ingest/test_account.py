"""Every line is in exactly one column of its file's account; what is bad says why and where."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analyzer.ingest import aliases
from analyzer.ingest.archives import compression_of
from tests.ingest.reading import count_lines, read, read_files

GOOD = '{"time":"2026-03-01T10:00:00Z","level":"info","msg":"hello","service":"faq"}'


def assert_sum_holds(account: dict[str, int], lines: int) -> None:
    parts = ("records", "quarantined", "blank", "folded", "excluded")
    assert account["lines"] == lines
    assert sum(account[part] for part in parts) == lines


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\x00\x01\x02 nothing anyone logs", "no_format"),
        (b'{"time":"2026-03-01T10:00:00Z",,}', "bad_json"),
        (b'{"time":"2026-03-01T10:00:00Z","msg":"cut he', "truncated_json"),
        (
            b'{"time":"2026-03-01T10:00:00Z","m":"\xff\xfe\xff\xfe\xff\xfe\xff\xfe"}',
            "bad_encoding",
        ),
        (b'{"msg":"no time at all"}', "no_time"),
        (b'{"time":"yesterday","msg":"a word is no time"}', "bad_time"),
        (b'{"time":"1970-01-01T00:00:00Z","msg":"a clock never set"}', "bad_time"),
        (b'{"time":"2026-03-01T10:00:00Z","duration_ms":-5,"op":"x"}', "bad_duration"),
        (b'{"time":"2026-03-01T10:00:00Z","duration_ms":"soon","op":"x"}', "bad_duration"),
        (
            b'{"start_time":"2026-03-01T10:00:01Z","end_time":"2026-03-01T10:00:00Z","op":"x"}',
            "end_before_start",
        ),
        (b'{"time":"2026-03-01T10:00:00Z","deep":' + b'{"a":' * 50 + b"1" + b"}" * 51, "too_deep"),
        (b'{"a":"' + b"x" * (3 << 20) + b'"}', "too_long"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "too_deep"),
        (b'{"resourceSpans":[]}', "wrong_shape"),
        (
            b'{"traceID":"","spanID":"1","operationName":"x","startTime":1605223981761425}',
            "missing_span_id",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_line_is_quarantined_with_its_place_and_the_rest_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    content = GOOD.encode() + b"\n\n" + line + b"\n" + GOOD.encode() + b"\n"
    found = read_files(tmp_path, {"app.log": content})
    assert_sum_holds(found.account(), 4)
    assert found.account()["records"] == 2
    assert found.account()["blank"] == 1
    assert found.reasons() == [(3, len(GOOD) + 2, reason)]
    assert len(found.row("SELECT excerpt FROM quarantine")["excerpt"]) <= 200


def test_byte_offsets_and_line_ends_survive_bom_crlf_and_a_missing_last_newline(
    tmp_path: Path,
) -> None:
    content = b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n\r\nbad\r\n" + GOOD.encode()
    found = read_files(tmp_path, {"app.log": content})
    assert_sum_holds(found.account(), 4)
    assert found.account() == {
        "lines": 4, "records": 2, "quarantined": 1, "blank": 1, "folded": 0, "excluded": 0,
    }  # fmt: skip
    assert found.reasons() == [(3, 3 + len(GOOD) + 4, "no_format")]


def test_nul_bytes_and_some_bad_utf8_do_not_cost_the_line(tmp_path: Path) -> None:
    lines = [
        b'{"time":"2026-03-01T10:00:00Z","msg":"caf\xe9 is open, and says so at some length"}',
        b'{"time":"2026-03-01T10:00:00Z","msg":"a \\u0000 inside"}',
        b'{"time":"2026-03-01T10:00:00Z","msg":"half a pair \\ud800 of two"}',
    ]
    found = read_files(tmp_path, {"app.log": b"\n".join(lines)})
    assert found.account()["records"] == 3
    assert found.rows("SELECT body FROM log_record WHERE body LIKE '%caf%'") == [
        {"body": "caf\ufffd is open, and says so at some length"}
    ]


def test_numbers_beyond_every_column_are_kept_as_text_and_cost_no_line(tmp_path: Path) -> None:
    line = (
        '{"time":"2026-03-01T10:00:00Z","duration_s":123456789012345678901234567890,"op":"x",'
        '"id":99999999999999999999999999,"level":"²","nan":NaN}'
    )
    found = read_files(tmp_path, {"app.log": f"{line}\n{GOOD}\n"})
    assert_sum_holds(found.account(), 2)
    assert [reason for *_, reason in found.reasons()] == ["bad_duration"]


def test_lone_carriage_return_stays_inside_its_line(tmp_path: Path) -> None:
    found = read_files(tmp_path, {"app.log": GOOD.encode() + b"\n" + b"10 %\r20 %\r30 %\n"})
    assert_sum_holds(found.account(), 2)


def test_empty_file_is_seen_and_counts_no_line(tmp_path: Path) -> None:
    found = read_files(tmp_path, {"empty.log": b"", "app.log": GOOD})
    assert_sum_holds(found.account("logs/empty.log"), 0)
    assert [row["path"] for row in found.rows("SELECT path FROM quarantine")] == ["logs/empty.log"]


def test_symbolic_link_loops_and_links_outside_are_named_and_not_followed(tmp_path: Path) -> None:
    logs, outside = tmp_path / "logs", tmp_path / "outside"
    (logs / "faq").mkdir(parents=True)
    outside.mkdir()
    (logs / "faq" / "app.log").write_text(GOOD)
    (outside / "secret.log").write_text(GOOD)
    (logs / "faq" / "up").symlink_to(logs)
    (logs / "away").symlink_to(outside)
    (logs / "gone.log").symlink_to(tmp_path / "nowhere")
    found = read(tmp_path / "store.duckdb", logs)
    assert found.account()["records"] == 1
    rows = found.rows("SELECT path, reason FROM quarantine ORDER BY path")
    assert {row["reason"] for row in rows} == {"unreadable"}
    assert [row["path"] for row in rows] == ["logs/away", "logs/faq/up", "logs/gone.log"]


def test_file_without_permission_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("permissions do not bind root")
    (tmp_path / "logs").mkdir()
    closed = tmp_path / "logs" / "closed.log"
    closed.write_text(GOOD)
    closed.chmod(0)
    found = read_files(tmp_path, {"open.log": GOOD})
    assert found.account()["records"] == 1
    assert found.rows("SELECT path, reason FROM quarantine") == [
        {"path": "logs/closed.log", "reason": "unreadable"}
    ]


def test_document_counts_as_its_first_line_and_folds_the_others(tmp_path: Path) -> None:
    spans = [
        {"traceId": "a" * 32, "id": f"{n:016x}", "timestamp": 1772359200000000 + n, "duration": n}
        for n in range(1, 5)
    ]
    content = json.dumps(spans, indent=1).encode()
    found = read_files(tmp_path, {"trace.json": content})
    assert_sum_holds(found.account(), count_lines(content))
    assert found.account()["records"] == 1
    assert found.row("SELECT count(*) AS n FROM span") == {"n": 4}


KEYS = st.one_of(
    st.sampled_from(
        sorted(
            {
                *aliases.LOG_TIME,
                *aliases.START_TIME,
                *aliases.END_TIME,
                *aliases.SERVICE_NAME,
                *aliases.OPERATION,
                *aliases.TRACE_ID,
                *aliases.SPAN_ID,
                *aliases.OUTCOME,
                *aliases.HTTP_STATUS,
                *aliases.SEVERITY,
                *aliases.TRACEBACK,
                *aliases.BODY,
                *aliases.USER,
                "duration",
                "duration_ms",
                "event.duration",
                "spans",
                "data",
                "resourceSpans",
                "resourceLogs",
                "resourceMetrics",
                "tags",
                "references",
                "localEndpoint",
                "id",
                "traceIdLow",
                "log",
                "stream",
                "MESSAGE",
                "__REALTIME_TIMESTAMP",
                "streams",
                "instant",
            }
        )
    ),
    st.text(max_size=8),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        ["2026-03-01T10:00:00Z", 1772359200, "1772359200.5", "12ms", "a" * 32, "²", "-", "500", ""]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=12,
)


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """A rendered record of arbitrary keys and values, maybe cut, spoilt or padded."""
    rendered = json.dumps(draw(st.dictionaries(KEYS, VALUES, max_size=8))).encode()
    how = draw(st.integers(0, 4))
    place = draw(st.integers(0, len(rendered)))
    if how == 1:
        return rendered[:place]
    if how == 2:
        return rendered[:place] + draw(st.binary(max_size=6)) + rendered[place:]
    if how == 3:
        return draw(st.binary(max_size=40))
    if how == 4:
        return draw(st.sampled_from([b"", b" ", b"[", b"{", b"{}", b"\r", b"[1]", b"null"]))
    return rendered


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(damaged_lines(), max_size=40), end=st.sampled_from([b"\n", b"\r\n"]))
def test_sum_of_lines_holds_for_any_bytes(lines: list[bytes], end: bytes) -> None:
    content = end.join(lines)
    assume(compression_of(content) == "none")
    with tempfile.TemporaryDirectory() as folder:
        found = read_files(Path(folder), {"any.log": content})
        assert_sum_holds(found.account(), count_lines(content))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_of_three_megabytes_is_too_long_wherever_it_stands(
    tmp_path: Path, place: int
) -> None:
    lines = [GOOD.encode()] * 2
    lines.insert(place, GOOD.encode()[:-1] + b',"a":"' + b"x" * (3 << 20) + b'"}')
    found = read_files(tmp_path, {"app.log": b"\n".join(lines)})
    assert_sum_holds(found.account(), 3)
    assert [(number, reason) for number, _, reason in found.reasons()] == [(place + 1, "too_long")]


@pytest.mark.parametrize("before", [b"", GOOD.encode() + b"\n"])
def test_a_trace_export_in_one_long_line_is_read_wherever_it_stands(
    tmp_path: Path, before: bytes
) -> None:
    attributes = [{"key": "pad", "value": {"stringValue": "x" * (2 << 20)}}]
    span = {
        "traceId": "a" * 32, "spanId": "b" * 16, "name": "x", "attributes": attributes,
        "startTimeUnixNano": "1772359200000000000", "endTimeUnixNano": "1772359200000000007",
    }  # fmt: skip
    document = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    found = read_files(tmp_path, {"traces.json": before + document + b"\n"})
    assert found.reasons() == []
    assert found.row("SELECT count(*) AS n FROM span") == {"n": 1}
