"""Lines of a fixed form, or of words that vary freely, read by the column and one by one."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.ingest.columnar import proxy_forms, server_forms
from analyzer.ingest.columnar.form_template import learn_form
from analyzer.ingest.columnar.plain import PlainLines
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.formats.proxies import read_alb
from tests.ingest.form_lines import FORM_STYLES, alb_line
from tests.ingest.reading import rows_of
from tests.ingest.test_templates import STYLES, assert_same_both_ways, damaged
from tests.ingest.text_lines import TEXT_STYLES

FORMS = (*proxy_forms.FORMS, *server_forms.FORMS)
ALL_STYLES = {**STYLES, **FORM_STYLES, **TEXT_STYLES}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    styles=st.lists(st.sampled_from(sorted(FORM_STYLES | TEXT_STYLES)), min_size=1, max_size=2),
    other=st.sampled_from([None, *sorted(STYLES)]),
    seed=st.integers(0, 2**32),
    spoilt=st.sampled_from([0.0, 0.05]),
)
def test_both_ways_give_the_same_rows(
    styles: list[str], other: str | None, seed: int, spoilt: float
) -> None:
    source = random.Random(seed)
    met = [*styles, other] if other else styles
    pool = [ALL_STYLES[source.choice(met)](source).encode() for _ in range(40)]
    lines = []
    for _ in range(160):
        line = source.choice(pool)  # what comes again is learnt, however odd it is
        lines.append(damaged(line, source) if source.random() < spoilt else line)
    assert_same_both_ways(b"\n".join(lines) + source.choice([b"", b"\n"]))


@pytest.mark.parametrize("style", FORM_STYLES)
def test_most_lines_of_a_form_have_a_template(style: str) -> None:
    source = random.Random(7)
    lines = [FORM_STYLES[style](source) for _ in range(200)]
    known = sum(any(learn_form(form, line) for form in FORMS) for line in lines)
    assert known >= 40


def test_a_balancers_line_with_a_number_of_two_points_is_no_number() -> None:
    line = alb_line(random.Random(1))
    odd = re.sub(r" \d+\.\d+ ", " 0.04.6 ", line, count=1)
    assert odd != line
    assert read_alb(odd) is None


@pytest.mark.parametrize("style", sorted(FORM_STYLES | TEXT_STYLES))
def test_many_lines_are_read_by_the_column(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of styles of which every few lines are odd, and keep the line before them open."""
    source = random.Random(7)
    pool = [ALL_STYLES[style](source) for _ in range(60)]
    taken = 0
    add = PlainLines.add_sheet

    def counted(self: PlainLines, sheet: Sheet) -> None:
        nonlocal taken
        taken += len(sheet) if sheet.format else 0
        add(self, sheet)

    monkeypatch.setattr(PlainLines, "add_sheet", counted)
    rows_of("\n".join(source.choice(pool) for _ in range(3_000)).encode())
    assert taken > 40
