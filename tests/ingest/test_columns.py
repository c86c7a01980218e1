"""Lines resolved as columns give the rows that lines resolved one by one give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.ingest.columnar import book, plain
from tests.ingest.reading import rows_of

STAMPS = st.one_of(
    st.integers(0, 999_999).map(lambda n: f"2026-03-01T10:00:00.{n:06d}Z"),
    st.sampled_from(
        [
            "2026-03-01T10:00:00Z",
            "2026-03-01 10:00:00,5",
            "2026-03-01T10:00:00+02:00",
            "2099-01-01",
        ]
    ),
    st.none(),
)
WORDS = st.sampled_from(["", "faq", "tickets", "user_id=7 of a@b.org", "GET /x/17", "it's 12 ms"])
HEX = st.sampled_from(["a" * 32, "B" * 32, "0" * 32, "12", "", "x y", "f" * 16, None])
OUTCOMES = st.sampled_from(["ok", "failure", "", "other", None])
CODES = st.sampled_from([200, 404, 503, 0, None])
DURATIONS = st.one_of(
    st.integers(-1, 10**7), st.floats(0, 1e4), st.sampled_from(["1.25", "-", "", None, "7us", "x"])
)
LINES = st.fixed_dictionaries(
    {
        "time": STAMPS,
        "service": WORDS,
        "op": WORDS,
        "msg": WORDS,
        "trace_id": HEX,
        "span_id": HEX,
        "duration_ms": DURATIONS,
        "outcome": OUTCOMES,
        "http.status_code": CODES,
        "level": st.sampled_from(["info", "ERROR", "", "?"]),
        "span.kind": st.sampled_from(["client", "server", "nothing", ""]),
        "user_id": st.sampled_from([7, "7", 0, "", None]),
        "peer": WORDS,
        "error": WORDS,
        "extra": st.sampled_from([1, None, "x", [1], True]),
        "request_id": st.sampled_from(["r1", "", "a b", None]),
    }
)


def tables(content: str, smallest: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(plain, "MIN_LINES", smallest)
    monkeypatch.setattr(book, "MIN_LINES", smallest)
    return rows_of(content.encode())


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    lines=st.lists(st.tuples(LINES, STAMPS, STAMPS), min_size=1, max_size=12),
    usual=st.integers(0, 12),
    edges=st.sets(st.sampled_from(("start_time", "end_time"))),
    without=st.sets(st.sampled_from(("time", "duration_ms"))),
)
def test_columns_and_single_lines_agree_on_any_values(
    lines: list[tuple[dict[str, Any], str | None, str | None]],
    usual: int,
    edges: set[str],
    without: set[str],
) -> None:
    told = [{**line, "start_time": start, "end_time": end} for line, start, end in lines]
    plain = {
        **told[0], "time": "2026-03-01T10:00:00.1Z", "duration_ms": 7, "op": "x", "user_id": "7",
        "start_time": "2026-03-01T10:00:00.2Z", "end_time": "2026-03-01T10:00:00.5Z",
    }  # fmt: skip
    left = without | ({"start_time", "end_time"} - edges)
    lines_of = [
        {key: line[key] for key in line if key not in left} for line in told + [plain] * usual
    ]
    content = "\n".join(json.dumps(line) for line in lines_of)
    with pytest.MonkeyPatch.context() as patch:
        assert tables(content, 1, patch) == tables(content, 10**9, patch)


@pytest.mark.parametrize(
    "line",
    [
        "time=2026-03-01T10:00:00.{n:06d}Z lvl=info msg=ok op=o{n} duration={n}.5ms status=200",
        "2026-03-01 10:00:00,{n:03d} INFO a.b done method=GET path=/x/{n} duration_ms={n}.25",
        '10.0.0.{n} - - [01/Mar/2026:10:00:{n:02d} +0100] "GET /x HTTP/1.1" 200 5 rt=0.7',
        "2026-03-01 10:00:00,{n:03d} INFO a.b no duration at all",
    ],
)
def test_columns_and_single_lines_agree_on_text(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "\n".join(line.format(n=n) for n in range(1, 50))
    columnar = tables(content, 1, monkeypatch)
    assert columnar == tables(content, 10**9, monkeypatch)
    assert len(columnar.get("span", ())) + len(columnar.get("log_record", ())) == 49


def test_a_token_in_place_of_an_id_is_masked_in_columns_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
    content = "\n".join(
        json.dumps({"time": f"2026-03-01T10:00:00.{n:03d}Z", "msg": "ok", "request_id": token})
        for n in range(1, 50)
    )
    columnar = tables(content, 1, monkeypatch)
    assert token not in str(columnar)
    assert columnar == tables(content, 10**9, monkeypatch)
