"""What the stream sends of a change is what a page lacks: no more, no less."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.dashboard.signs import View
from analyzer.dashboard.stream import Part, difference

words = st.sampled_from(("", "a", "b"))
rows = st.lists(st.fixed_dictionaries({"tone": words, "count": words}), max_size=4)
views = st.builds(
    View,
    texts=st.fixed_dictionaries({"headline": words, "age": words}),
    tones=st.fixed_dictionaries({"headline": words}),
    lists=st.fixed_dictionaries({"gauges": rows, "marks": rows}),
)


def taken(page: View, change: Part) -> View:
    """The page after it took the change, as its script does."""
    lists = dict(page.lists)
    for name, (count, changed) in change["rows"].items():
        kept = [dict(row) for row in lists[name][:count]]
        kept += [{} for _ in range(count - len(kept))]
        for place, cells in changed:
            kept[place] |= cells
        lists[name] = kept
    return View(page.texts | change["texts"], page.tones | change["tones"], lists)


@given(views, views)
def test_a_page_that_takes_the_change_shows_the_present(before: View, after: View) -> None:
    assert taken(before, difference(before, after)) == after


@given(views)
def test_nothing_is_sent_of_what_stays(view: View) -> None:
    assert not any(difference(view, view).values())
