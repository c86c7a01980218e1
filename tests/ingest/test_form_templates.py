"""Lines of a fixed form read by the column give the rows of lines read one by one."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.ingest.columnar import proxy_forms, server_forms
from analyzer.ingest.columnar.form_template import learn_form
from analyzer.ingest.formats.proxies import read_alb
from tests.ingest.form_lines import FORM_STYLES, alb_line
from tests.ingest.test_templates import STYLES, assert_same_both_ways, damaged

FORMS = (*proxy_forms.FORMS, *server_forms.FORMS)
ALL_STYLES = {**STYLES, **FORM_STYLES}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    styles=st.lists(st.sampled_from(sorted(FORM_STYLES)), min_size=1, max_size=2),
    other=st.sampled_from([None, *sorted(STYLES)]),
    seed=st.integers(0, 2**32),
    spoilt=st.sampled_from([0.0, 0.05]),
)
def test_both_ways_give_the_same_rows(
    styles: list[str], other: str | None, seed: int, spoilt: float
) -> None:
    source = random.Random(seed)
    met = [*styles, other] if other else styles
    lines = []
    for _ in range(120):
        line = ALL_STYLES[source.choice(met)](source).encode()
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
