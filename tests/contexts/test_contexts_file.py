from __future__ import annotations

import re

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.analysis.contexts import (
    Constraints,
    ContextMap,
    Evidence,
    Settings,
    Wish,
    apart,
    edits,
    frozen,
    parse,
    pin,
    propose_contexts,
    render,
    separate,
    together,
)
from analyzer.errors import ConfigurationError
from tests.contexts.planted import Shape, plant
from tests.contexts.telegram import telegram_fleet

APART = Settings(hubs="apart", draws=0)


def propose(constraints: Constraints | None = None) -> ContextMap:
    edges, journeys = telegram_fleet()
    return propose_contexts(edges, journeys, constraints=constraints, settings=APART)


def move(text: str, service: str, target: str) -> str:
    """The file after an architect moved one line."""
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"    - {service} "))
    line = lines.pop(at)
    head = next(n for n, other in enumerate(lines) if other == f"  {target}:")
    return "\n".join([*lines[: head + 1], line, *lines[head + 1 :]])


def test_an_untouched_file_gives_the_same_proposal_again() -> None:
    first = propose()
    wishes = parse(render(first))
    assert wishes.wishes == ()
    again = propose(wishes)
    assert again.groups == first.groups
    assert str(again.moves_from(wishes.before)) == "no change"
    assert render(again).split("rules:")[1] == render(first).split("rules:")[1]


def test_a_moved_line_moves_the_service_and_its_context_keeps_its_name() -> None:
    text = move(render(propose()), "troubleshooting", "notifications-subscriptions")
    assert edits(text).moves == (
        ("troubleshooting", "faq-tickets", "notifications-subscriptions"),
    )
    found = propose(parse(text))
    assert found.groups["notifications-subscriptions"] == (
        "accounts",
        "notifications",
        "subscriptions",
        "troubleshooting",
    )
    assert found.groups["faq-tickets"] == ("faq", "tickets")
    assert "troubleshooting in context" in (found.explain("troubleshooting").constraint or "")


def test_an_edit_lasts_over_rounds_and_can_be_taken_back() -> None:
    text = render(propose())
    moved = render(propose(parse(move(text, "troubleshooting", "notifications-subscriptions"))))
    again = propose(parse(moved))
    assert again.assignment["troubleshooting"] == "notifications-subscriptions"
    back = propose(parse(move(moved, "troubleshooting", "faq-tickets")))
    assert back.assignment["troubleshooting"] == "faq-tickets"


def test_a_renamed_context_keeps_its_new_name_over_rounds() -> None:
    lists, proposed = render(propose()).split("\nrules:")
    text = lists.replace("  faq-tickets:", "  support:") + "\nrules:" + proposed
    found = propose(parse(text))
    assert found.groups["support"] == ("faq", "tickets", "troubleshooting")
    assert found.groups.keys() == {
        "audit",
        "notifications-subscriptions",
        "support",
        "telegram-gateway",
    }
    assert propose(parse(render(found))).groups == found.groups


def test_a_pin_follows_its_context_through_a_later_rename() -> None:
    text = move(render(propose()), "troubleshooting", "notifications-subscriptions")
    once = render(propose(parse(text)))
    lists, rest = once.split("\nrules:")
    renamed = lists.replace("  notifications-subscriptions:", "  people:") + "\nrules:" + rest
    found = propose(parse(renamed))
    assert found.assignment["troubleshooting"] == "people"
    assert "notifications-subscriptions" not in found.groups


def test_a_context_of_the_architects_own_making_is_kept() -> None:
    text = render(propose()).replace(
        "contexts:\n", "contexts:\n  knowledge:\n    - faq \n    - troubleshooting \n", 1
    )
    lines = text.splitlines()
    kept = [
        line
        for at, line in enumerate(lines)
        if (
            at < 30
            and "knowledge" in text
            and not re.match(r"    - (faq|troubleshooting) +#", line)
        )
        or at >= 30
    ]
    found = propose(parse("\n".join(kept)))
    assert found.groups["knowledge"] == ("faq", "troubleshooting")
    assert found.groups["faq-tickets"] == ("tickets",)


def test_one_moved_line_leaves_the_other_contexts_alone() -> None:
    fleet = plant(Shape(contexts=4, services=14, journeys=20, hubs=1, leak=0.1), 5)
    quick = Settings(draws=0)
    first = propose_contexts(fleet.edges, fleet.journeys, settings=quick)
    for service, home in first.assignment.items():
        if len(first.groups[home]) < 2:
            continue
        for target in first.groups:
            if target == home:
                continue
            wishes = parse(move(render(first), service, target))
            found = propose_contexts(
                fleet.edges, fleet.journeys, constraints=wishes, settings=quick
            )
            assert str(found.moves_from(wishes.before)) == "no change", (service, target)


def test_what_to_do_with_a_hub_is_the_architects_choice() -> None:
    text = render(propose())
    library = propose(parse(text.replace("  audit: own", "  audit: library")))
    assert library.assignment["audit"] == "library"
    attached = propose(parse(text.replace("  audit: own", "  audit: attach")))
    why = attached.explain("audit")
    assert why.context == propose().explain("audit").alternative
    assert why.alternative not in (None, why.context)
    without = re.sub(r"\n  audit: own[^\n]*", "", text)
    member = propose(parse(without.replace("  faq-tickets:", "  faq-tickets:\n    - audit", 1)))
    assert member.assignment["audit"] == "faq-tickets"
    assert member.explain("audit").role == "member"


def test_hold_pins_every_context_as_listed() -> None:
    text = render(propose())
    assert parse(text).wishes == ()
    wishes = parse(text.replace("  hold: ", "  hold: true "))
    assert len([wish for wish in wishes.wishes if wish.kind == "pin"]) == 6
    assert wishes.wanted() == 2
    loose = move(text, "troubleshooting", "notifications-subscriptions")
    assert parse(loose).hold
    free = parse(loose.replace("  hold: ", "  hold: false "))
    assert not free.hold
    assert free.wanted() is None


def test_contexts_left_alone_follow_the_evidence_where_hold_is_false() -> None:
    text = "contexts:\n  desk: [tickets, accounts]\nproposed: {tickets: desk, accounts: faq}\n"
    assert len(parse(text).wishes) == 2
    both = text + "rules: {hold: false}\n"
    assert [wish.target for wish in parse(both).wishes] == ["desk", "desk"]


def test_lines_that_were_removed_are_decided_again() -> None:
    lines = move(render(propose()), "troubleshooting", "notifications-subscriptions").splitlines()
    kept = [line for line in lines if not line.startswith("    - tickets ")]
    wishes = parse("\n".join(kept))
    assert "tickets" not in wishes.about()
    assert propose(wishes).assignment["tickets"] in ("faq-tickets", "notifications-subscriptions")


def test_a_file_written_by_hand_pins_what_it_lists() -> None:
    wishes = parse("contexts:\n  desk: [tickets, accounts]\n")
    assert wishes.wanted() is None  # what it does not list is none of its business
    found = propose(wishes)
    assert set(found.groups["desk"]) >= {"tickets", "accounts"}
    assert len(found.groups) > 3


names = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda name: name.strip() == name
)


@settings(max_examples=60)
@given(st.lists(names, min_size=2, max_size=6, unique=True), st.data())
def test_any_names_survive_the_file(services: list[str], data: st.DataObject) -> None:
    ends = st.sampled_from(services)
    rows = data.draw(
        st.lists(st.tuples(ends, ends, st.integers(0, 99), names, names), min_size=1, max_size=8)
    )
    edges = pl.DataFrame(rows, ["caller", "callee", "calls", "message", "journey"], orient="row")
    wishes = Constraints(
        wishes=(apart(*services[:2]), separate("personal data: #1", services[0])),
        owner={services[0]: "team: a"},
        max_services=5,
        one_owner=True,
    )
    known = Evidence(services=services)
    quick = Settings(draws=0)
    first = propose_contexts(edges, None, constraints=wishes, evidence=known, settings=quick)
    text = render(first)
    again = parse(text)
    assert [_bare(wish) for wish in again.wishes] == [_bare(wish) for wish in wishes.wishes]
    assert (again.owner, again.max_services, again.one_owner) == (
        {services[0]: "team: a"},
        5,
        True,
    )
    second = propose_contexts(edges, None, constraints=again, evidence=known, settings=quick)
    assert second.groups == first.groups
    assert yaml.safe_load(text)["proposed"] is not None


def _bare(wish: Wish) -> tuple[str, tuple[str, ...], str]:
    return wish.kind, wish.services, wish.target


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.data())
def test_a_single_move_on_any_fleet_is_honoured_and_survives(
    seed: int, data: st.DataObject
) -> None:
    fleet = plant(Shape(contexts=4, services=14, journeys=20, hubs=1, leak=0.1), seed % 50)
    first = propose_contexts(fleet.edges, fleet.journeys, settings=Settings(draws=0))
    service = data.draw(st.sampled_from(sorted(first.assignment)))
    targets = sorted(set(first.groups) - {first.assignment[service]})
    if not targets:
        return
    target = data.draw(st.sampled_from(targets))
    wishes = parse(move(render(first), service, target))
    found = propose_contexts(
        fleet.edges, fleet.journeys, constraints=wishes, settings=Settings(draws=0)
    )
    assert set(first.groups[target]) | {service} <= set(found.groups[target])


BROKEN = """\
contexts:
  support: [faq, tickets]
  people:
    - accounts
    - faq
shared:
  audit: alone
  faq: own
rules:
  togther: [[a, b]]
  apart: [[tickets]]
  max_services: -2
  one_owner: maybe
  frozen: {a: b}
  number_of_contexts: 2.5
colour: red
"""


def test_every_problem_of_a_file_is_said_at_once_with_its_line() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(BROKEN)
    said = caught.value.problems
    for line, part in {
        5: "service 'faq' stands in 'people' and in 'support' (line 2)",
        7: "unknown treatment 'alone'",
        10: "unknown rule 'togther'; did you mean 'together'?",
        11: "apart needs two services or more",
        12: "max_services must be a number above 0, not '-2'",
        13: "one_owner is true or false, not 'maybe'",
        14: "frozen must be a list",
        15: "number_of_contexts must be a whole number",
        16: "unknown section 'colour'",
        2: "service 'faq' stands in contexts and in shared",
    }.items():
        assert any(s.startswith(f"line {line}: ") and part in s for s in said), (line, part, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contexts: [", "line 1: not YAML|line 2: not YAML"),
        ("- a\n- b\n", "line 1: the file must be a mapping"),
        ("contexts:\n  a: [x]\n  a: [y]\n", "line 3: 'a' stands twice in contexts"),
        ("contexts:\n  a: x\n", "line 2: context 'a' must be a list"),
        ("a: \x00", "not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse(text)


def test_wishes_may_be_a_dict_with_the_rules_of_the_file() -> None:
    edges, journeys = telegram_fleet()

    def found(wishes: dict[str, object]) -> ContextMap:
        return propose_contexts(edges, journeys, constraints=wishes, settings=APART)

    apart_now = found({"cannot_link": [("faq", "tickets")], "max_services": 3}).assignment
    assert apart_now["faq"] != apart_now["tickets"]
    pinned = found({"pinned": {"faq": "desk"}, "must_link": [{"faq", "accounts"}]})
    assert set(pinned.groups["desk"]) >= {"faq", "accounts"}
    whole = found({"contexts": {"desk": ["faq"]}, "rules": {"frozen": ["tickets"]}})
    assert "faq" in whole.groups["desk"]
    assert whole.groups["tickets"] == ("tickets",)
    with pytest.raises(ConfigurationError, match=r"^unknown rule 'must-link'"):
        found({"must-link": [["faq", "tickets"]]})
    with pytest.raises(ConfigurationError, match="unknown service 'ghost'"):
        found({"frozen": ["ghost"]})


def test_an_empty_file_wishes_nothing() -> None:
    assert parse("") == Constraints()
    assert parse("# nothing\n") == Constraints()


def test_an_unknown_service_is_named_with_its_line_and_the_closest_one() -> None:
    with pytest.raises(ConfigurationError, match="line 2: unknown service 'tikets'; did you mean"):
        propose(parse("contexts:\n  desk: [tikets, accounts]\n"))


def test_a_service_that_has_vanished_since_the_proposal_is_no_error() -> None:
    text = render(propose())
    edges, journeys = telegram_fleet()
    gone = (pl.col("caller") != "troubleshooting") & (pl.col("callee") != "troubleshooting")
    wishes = parse(text)
    found = propose_contexts(
        edges.filter(gone),
        journeys.filter(pl.col("service") != "troubleshooting"),
        constraints=wishes,
        settings=APART,
    )
    assert found.moves_from(wishes.before).left == ("troubleshooting",)


@pytest.mark.parametrize(
    ("wishes", "smallest"),
    [
        (
            (
                together("faq", "tickets"),
                together("tickets", "accounts"),
                apart("faq", "accounts"),
            ),
            {"together: faq, tickets", "together: tickets, accounts", "apart: faq, accounts"},
        ),
        (
            (
                together("faq", "tickets"),
                together("tickets", "accounts"),
                together("faq", "accounts"),
                apart("faq", "accounts"),
            ),
            {"together: faq, accounts", "apart: faq, accounts"},
        ),
        (
            (pin("a", "faq"), pin("b", "faq")),
            {"faq in context 'a'", "faq in context 'b'"},
        ),
        (
            (pin("a", "faq"), pin("b", "tickets"), together("faq", "tickets")),
            {"faq in context 'a'", "tickets in context 'b'", "together: faq, tickets"},
        ),
        (
            # Two more services per context: the same contradiction, said once.
            (
                pin("a", "faq", "audit"),
                pin("b", "tickets", "accounts"),
                together("faq", "tickets"),
            ),
            {
                "faq, audit in context 'a'",
                "tickets, accounts in context 'b'",
                "together: faq, tickets",
            },
        ),
        (
            (frozen("accounts"), pin("a", "accounts", "faq")),
            {"frozen: accounts", "accounts, faq in context 'a'"},
        ),
        (
            (separate("personal data", "accounts"), together("accounts", "tickets")),
            {"separate (personal data): accounts", "together: accounts, tickets"},
        ),
    ],
)
def test_wishes_that_contradict_are_named_by_the_smallest_set(
    wishes: tuple[Wish, ...], smallest: set[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        propose(Constraints(wishes=wishes))
    assert len(caught.value.problems) == 1
    said = caught.value.problems[0].removeprefix("these wishes cannot hold together: ")
    assert set(said.split("; ")) == smallest


def test_a_cap_that_cannot_hold_names_the_links_that_overload_it() -> None:
    wishes = (
        together("faq", "tickets"),
        together("tickets", "accounts"),
        together("audit", "faq"),
    )
    with pytest.raises(ConfigurationError) as caught:
        propose(Constraints(wishes=wishes, max_services=2))
    assert "at most 2 services per context; " in caught.value.problems[0]
    assert caught.value.problems[0].count("together") == 3  # the head and two of the three


def test_wishes_shape_the_proposal() -> None:
    assert propose(Constraints(wishes=(frozen("tickets"),))).groups["tickets"] == ("tickets",)
    kept = propose(Constraints(wishes=(separate("personal data", "accounts"),)))
    assert kept.groups["accounts"] == ("accounts",)
    split = propose(Constraints(wishes=(apart("faq", "tickets"),)))
    assert split.assignment["faq"] != split.assignment["tickets"]
    small = propose(Constraints(max_services=2))
    assert max(len(members) for members in small.groups.values()) <= 2
    owned = propose(
        Constraints(
            owner={"faq": "desk", "tickets": "crew", "troubleshooting": "desk"}, one_owner=True
        )
    )
    assert owned.assignment["faq"] == owned.assignment["troubleshooting"]
    assert owned.assignment["tickets"] != owned.assignment["faq"]
    teams = propose(
        Constraints(owner={"faq": "a", "tickets": "b", "troubleshooting": "c"}, max_teams=2)
    )
    homes = {teams.assignment[name] for name in ("faq", "tickets", "troubleshooting")}
    assert len(homes) == 2


def test_no_context_spans_an_asynchronous_edge_when_queues_split() -> None:
    edges, journeys = telegram_fleet()
    queued = edges.with_columns(
        mode=pl.when(pl.col("caller") == "notifications")
        .then(pl.lit("async"))
        .otherwise(pl.lit("sync"))
    )
    found = propose_contexts(
        queued, journeys, constraints=Constraints(split_at_queues=True), settings=APART
    )
    assert found.assignment["notifications"] != found.assignment["subscriptions"]
    assert found.assignment["notifications"] != found.assignment["accounts"]


def test_a_service_leaves_its_context_only_for_a_margin() -> None:
    edges, journeys = telegram_fleet()
    before = {
        "faq": "desk",
        "tickets": "desk",
        "troubleshooting": "desk",
        "accounts": "desk",
        "notifications": "people",
        "subscriptions": "people",
    }
    wishes = Constraints(before=before)
    eager = Settings(hubs="apart", draws=0, keep_margin=0.0)
    loath = Settings(hubs="apart", draws=0, keep_margin=0.9)
    moved = propose_contexts(edges, journeys, constraints=wishes, settings=eager)
    stayed = propose_contexts(edges, journeys, constraints=wishes, settings=loath)
    assert moved.assignment["accounts"] == moved.assignment["subscriptions"]
    assert stayed.assignment["accounts"] == stayed.assignment["tickets"]
    assert "stays where it was" in (stayed.explain("accounts").constraint or "")


def test_a_decision_keeps_the_confidence_of_the_evidence_and_is_warned_of() -> None:
    sure = Settings(hubs="apart", draws=20)
    edges, journeys = telegram_fleet()
    first = propose_contexts(edges, journeys, settings=sure)
    text = move(render(first), "troubleshooting", "notifications-subscriptions")
    found = propose_contexts(edges, journeys, constraints=parse(text), settings=sure)
    moved, was = found.explain("troubleshooting"), first.explain("troubleshooting")
    assert moved.confidence is not None
    assert was.confidence is not None
    assert moved.confidence < was.confidence  # how often the logs alone would have put it there
    assert moved.against
    assert "against the evidence" in moved.reason
    assert any("as you decided, is against the evidence" in note for note in found.notes)
    stayed = found.explain("accounts")
    assert not stayed.against
    assert not any("against the evidence" in note for note in first.notes)


def test_names_beyond_the_longest_plain_key_of_yaml_survive_the_file() -> None:
    long = ["a" * 1_500, "b" * 1_500 + ": # [", "c"]
    edges = pl.DataFrame(
        [(long[0], long[1], 9), (long[1], long[2], 5)],
        ["caller", "callee", "calls"],
        orient="row",
    )
    wishes = Constraints(
        wishes=(pin("d" * 1_200, long[0]), apart(long[0], long[2])),
        owner={long[0]: "team"},
        shared={long[2]: "own"},
    )
    found = propose_contexts(edges, None, constraints=wishes, settings=APART)
    again = parse(render(found))
    assert again.owner == {long[0]: "team"}
    assert again.shared[long[2]] == "own"
    assert again.before == found.assignment
    repeated = propose_contexts(edges, None, constraints=again, settings=APART)
    assert repeated.groups == found.groups
