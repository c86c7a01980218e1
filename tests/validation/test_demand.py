"""From recorded journeys to a demand: visits, scenarios, users, stretches."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import InputError
from analyzer.replay.workload import SCENARIOS
from analyzer.replay.workload.recorded import Pace, recorded_demand
from analyzer.replay.workload.visits import JOURNEYS, Act, scenario_of, visits_of


def act(at: float, journey: str, user: str = "ann", operation: str = "") -> Act:
    return Act(at, 0.5, user, journey, operation or journey)


ACTS = st.lists(
    st.builds(
        act,
        st.floats(0, 5000),
        st.sampled_from(sorted({*JOURNEYS, "send", "unknown"})),
        st.sampled_from(["ann", "bob", "eve", ""]),
    ),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize(
    ("made", "scenario"),
    [
        (["ticket-submit"], "ticket_in_one_message"),
        (["ticket-start", "ticket-submit"], "ticket_guided"),
        (["ticket-submit", "ticket-list"], "ticket_and_check"),
        (["ticket-submit", "notification-list", "notification-open"], "ticket_and_notification"),
        (["ticket-start"], "give_up"),
        (["profile-show", "profile-question", "profile-change"], "edit_profile"),
        (["faq-read", "faq-read"], "search_faq"),
        (["send"], None),
        (["start"], "say_hello"),
        (["start", "help", "status"], "look_around"),
    ],
)
def test_visit_is_replayed_as_the_scenario_that_makes_its_journeys(
    made: list[str], scenario: str | None
) -> None:
    assert scenario_of([act(3 * n, journey) for n, journey in enumerate(made)]) == scenario


def test_list_of_the_faq_is_told_from_a_search_by_the_operation() -> None:
    assert scenario_of([act(0, "faq-read", operation="faq.list")]) == "read_faq"


def test_every_scenario_of_the_table_exists() -> None:
    assert set(JOURNEYS.values()) <= set(SCENARIOS)


def test_acts_of_a_user_are_one_visit_until_the_user_has_gone() -> None:
    acts = [act(0, "faq-read"), act(5, "faq-read"), act(6, "start", "bob")]
    acts += [act(200, "faq-read")]
    visits = [[one.at_seconds for one in visit] for visit in visits_of(acts)]
    assert visits == [[0, 5], [6], [200]]


def made_by(journeys: list[str], gap: float = 5) -> list[list[str]]:
    """The visits of one user who does `journeys`, `gap` seconds apart."""
    visits = visits_of([act(gap * n, journey) for n, journey in enumerate(journeys)])
    return [[one.journey for one in visit] for visit in visits]


def test_every_ticket_of_a_busy_user_is_submitted_again() -> None:
    acts = [act(2 * n, "ticket-submit") for n in range(30)]
    demand = recorded_demand(acts, Pace())
    assert [one.scenario for one in demand.arrivals] == ["ticket_in_one_message"] * 30
    assert len({one.user for one in demand.arrivals}) == 30  # one user cannot be so many at once


def test_what_a_scenario_does_not_make_begins_another_visit() -> None:
    assert made_by(["faq-read", "ticket-submit", "ticket-list", "help"]) == [
        ["faq-read"],
        ["ticket-submit", "ticket-list"],
        ["help"],
    ]
    assert (
        made_by(["ticket-start", "ticket-submit", "ticket-start", "ticket-submit"])
        == [["ticket-start", "ticket-submit"]] * 2
    )
    assert made_by(["start", "help", "status"]) == [["start", "help", "status"]]
    assert made_by(["start", "help"]) == [["start"], ["help"]]
    assert made_by(["profile-show", "profile-change", "profile-show"]) == [
        ["profile-show", "profile-change"],
        ["profile-show"],
    ]


def test_acts_of_nobody_are_visits_of_their_own_and_that_is_said() -> None:
    demand = recorded_demand([act(0, "start", ""), act(1, "help", "")], Pace())
    assert len(demand.arrivals) == 2
    assert "2 of 2 journeys name no user" in demand.notes[0]


def test_user_who_returns_too_soon_is_played_by_another() -> None:
    soon = [act(0, "faq-read"), act(100, "faq-read"), act(1000, "faq-read")]
    demand = recorded_demand(soon, Pace(limit_seconds=5000))
    assert [arrival.user for arrival in demand.arrivals] == [0, 1, 1]
    assert "1 visits" in demand.notes[0]


def test_quiet_and_busiest_stretch_of_a_long_recording_are_taken() -> None:
    quiet = [act(60 * n, "faq-read", f"q{n}") for n in range(20)]
    busy = [act(600.5 + n, "faq-read", f"b{n}") for n in range(50)]
    demand = recorded_demand([*quiet, *busy], Pace(speed=2, limit_seconds=30))
    quiet_part, busy_part = demand.excerpts
    assert (quiet_part.name, quiet_part.seconds) == ("baseline", 15)
    assert quiet_part.until_seconds <= 600
    assert (busy_part.name, busy_part.seconds) == ("peak", 45)
    assert 600 <= busy_part.from_seconds <= 606
    assert busy_part.at_seconds == 7.5
    assert 45 <= demand.recorded["faq-read"] <= 47
    phases = [arrival.phase for arrival in demand.arrivals]
    assert phases == sorted(phases)  # baseline before peak
    assert all(
        (arrival.at_seconds >= 7.5) == (arrival.phase == "peak") for arrival in demand.arrivals
    )
    assert max(arrival.at_seconds for arrival in demand.arrivals) <= 30


def test_recording_without_journeys_of_users_is_refused() -> None:
    with pytest.raises(InputError, match=r"there are send.*--journeys FILE"):
        recorded_demand([act(0, "send")], Pace())


def test_what_cannot_be_replayed_is_told_and_how_to_name_it() -> None:
    acts = [act(n, name) for n, name in enumerate(["cart", "cart", "send", "help", "job"])]
    [told] = recorded_demand(acts, Pace()).notes
    assert told.startswith("3 of 5 recorded journeys are not replayed")
    assert "cart (2), job (1)" in told
    with pytest.raises(InputError, match=r'operation: "cart", context: CONTEXT'):
        recorded_demand(acts[:2], Pace())


def test_whole_recording_is_told_from_an_excerpt() -> None:
    acts = [act(n, "help", f"user {n}") for n in range(100)]
    assert recorded_demand(acts, Pace()).whole
    assert not recorded_demand(acts, Pace(limit_seconds=30)).whole


@given(ACTS)
def test_visits_hold_every_act_once_and_in_order(acts: list[Act]) -> None:
    visits = visits_of(acts)
    listed = sorted((one.at_seconds, one.user, one.journey) for one in acts)
    assert sorted((o.at_seconds, o.user, o.journey) for v in visits for o in v) == listed
    assert all(len({one.user for one in visit}) == 1 for visit in visits)
    begun = [visit[0].at_seconds for visit in visits]
    assert begun == sorted(begun)
    submitted = [sum(one.journey == "ticket-submit" for one in visit) for visit in visits]
    assert max(submitted) <= 1


@given(ACTS, st.randoms(use_true_random=False))
def test_demand_does_not_depend_on_the_order_of_the_log(
    acts: list[Act], source: random.Random
) -> None:
    if all(scenario_of([one]) is None for one in acts):
        return
    shuffled = list(acts)
    source.shuffle(shuffled)
    one, other = (recorded_demand(listed, Pace(speed=3)) for listed in (acts, shuffled))
    assert one == other
    times = [arrival.at_seconds for arrival in one.arrivals]
    assert times == sorted(times)
    assert all(0 <= at <= one.plan.seconds for at in times)
    # Nobody is asked to be in two places at once.
    for user in range(one.plan.users):
        own = [arrival.at_seconds for arrival in one.arrivals if arrival.user == user]
        assert all(later - at >= 150 for at, later in itertools.pairwise(own))
