"""The fast look at many texts finds every one that the patterns of a mask would change."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.ingest.mask import Masker

PARTS = (
    "0171", "030", "12", "34", "56", "78", "345", "4567", "1234567", "+49", "0049", "8", "7",
    "495",
    "(495)", "(030)", "555", "0199", "2001", "db8", "1", "0", "ffff", "81.2.69.142", "10.0.0.7",
    "4111111111111111", "phone", "tel", "user", "user_id", "@", "a.org", "token", "00", "1-",
)  # fmt: skip
GAPS = ("", " ", "-", ".", "/", ":", "::", "=", " (", ")", ", ")


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(GAPS)), max_size=12))
def test_what_no_fast_look_suspects_no_pattern_changes(parts: list[tuple[str, str]]) -> None:
    text = "".join(part + gap for part, gap in parts)
    masker = Masker(b"k")
    hidden = masker.text(text)
    if not masker.suspects([text]):
        assert hidden == text
    elif not masker.of_more_than_addresses(pl.Series([text])).any():
        assert hidden == masker.networks(text)
