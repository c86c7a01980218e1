from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.analysis.contexts import difference, propose_contexts
from analyzer.analysis.contexts.difference import match
from analyzer.analysis.contexts.vocabulary import context_names, stem, subject_words, words


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("TicketCommandHandler", ["ticket"]),
        ("GET /users/{user_id}/orders/123", ["users", "user", "orders"]),
        ("ts-order-other-service", ["ts", "order", "other"]),
        ("HTTPServerInvoice", ["invoice"]),
        ("deadbeef01-invoice", ["invoice"]),
        ("order/3fa85f64-5717-4562-b3fc-2c963f66afa6", ["order"]),
        ("productcatalogservice", ["productcatalog"]),
        ("payments.v1.PaymentApi", ["payments", "payment"]),
        ("", []),
    ],
)
def test_words_of_a_name_leave_techniques_ids_and_numbers_out(name: str, found: list[str]) -> None:
    assert subject_words(name) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [("tickets", "ticket"), ("entries", "entry"), ("troubleshooting", "troubleshoot")],
)
def test_forms_of_a_word_are_one_subject(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["status", "address", "bus", "faq", "ring"])
def test_words_that_only_look_like_another_form_stay(word: str) -> None:
    assert stem(word) == word


def test_a_context_is_named_by_what_sets_it_apart() -> None:
    groups = [["shop-cart-service", "shop-checkout-service"], ["shop-mail-service"]]
    messages = [("shop-cart-service", "GET /cart"), ("shop-cart-service", "POST /cart/items")]
    assert context_names(groups, messages, []) == ["cart-checkout", "mail"]


def test_a_service_that_journeys_and_messages_never_name_keeps_its_own_name() -> None:
    assert context_names([["service"], ["api"]], [], []) == ["service", "api"]


@given(
    st.lists(
        st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=3), min_size=1, max_size=5
    )
)
def test_every_name_is_given_once_and_never_empty(groups: list[list[str]]) -> None:
    seen: set[str] = set()
    distinct = []
    for group in groups:
        fresh = [name for name in dict.fromkeys(group) if name not in seen]
        seen.update(fresh)
        if fresh:
            distinct.append(fresh)
    names = context_names(distinct, [], [], taken=["library"])
    assert len(set(names)) == len(distinct)
    assert all(names)
    assert "library" not in names


def test_words_splits_camel_case_and_paths() -> None:
    assert words("createHTTPOrder/lineItem_v2") == ["create", "http", "order", "line", "item"]


def test_the_difference_lists_the_fewest_moves() -> None:
    before = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "z"}
    after = {"a": "left", "b": "left", "c": "right", "d": "left", "f": "new"}
    found = difference(before, after)
    assert found.moves == (("d", "y", "left"),)
    assert found.renamed == (("x", "left"), ("y", "right"))
    assert found.new == ("new",)
    assert found.vanished == ("z",)
    assert found.arrived == ("f",)
    assert found.left == ("e",)
    assert str(found).splitlines()[0] == "move d: y -> left"


def test_equal_overlaps_keep_equal_names() -> None:
    before = {"a": "x", "b": "y"}
    after = {"a": "y", "b": "y"}
    assert match(before, after) == {"y": "y"}
    assert difference(before, after).moves == (("a", "x", "y"),)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("xyz")))
def test_nothing_differs_from_itself_under_other_names(grouping: dict[str, str]) -> None:
    assert str(difference(grouping, grouping)) == "no change"
    renamed = {name: context + "'" for name, context in grouping.items()}
    assert difference(grouping, renamed).moves == ()


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xyz"), min_size=6),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("uvwxy"), min_size=6),
)
def test_moves_are_counted_alike_in_both_directions(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert len(difference(one, other).moves) == len(difference(other, one).moves)


def test_a_service_is_touched_by_the_journeys_that_call_it() -> None:
    edges = {
        "caller": ["a", "b"],
        "callee": ["mute", "mute"],
        "calls": [5, 5],
        "journey": ["u", "v"],
    }
    journeys = {"journey": ["u", "v"], "service": ["a", "b"], "weight": [9, 9]}
    found = propose_contexts(edges, journeys)
    at = found.fleet.services.index("mute")
    assert found.fleet.touches.toarray()[:, at].tolist() == [1, 1]
    assert found.fleet.volume.tolist() == [9, 9]
