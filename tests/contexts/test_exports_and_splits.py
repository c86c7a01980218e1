from __future__ import annotations

import re

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.analysis.contexts import (
    ContextMap,
    Evidence,
    Settings,
    context_mapper,
    mermaid,
    propose_contexts,
)
from tests.contexts.telegram import telegram_fleet


def proposal() -> ContextMap:
    edges, journeys = telegram_fleet()
    return propose_contexts(edges, journeys, settings=Settings(hubs="apart", draws=0))


def test_mermaid_draws_contexts_as_boxes_and_says_what_stays_remote() -> None:
    text = mermaid(proposal())
    assert text.startswith("flowchart LR\n")
    assert text.count("subgraph ") == text.count("  end") == 4
    assert 'subgraph c1["faq-tickets"]' in text
    number = {name: at for at, name in re.findall(r's(\d+)\["([^"]+)"\]', text)}
    assert f"s{number['tickets']} -- 3,000 --> s{number['faq']}" in text
    assert f"s{number['tickets']} == 3,000 ==> s{number['accounts']}" in text


def test_mermaid_dots_asynchronous_edges() -> None:
    edges = {
        "caller": ["a", "b"],
        "callee": ["b", "a"],
        "calls": [5, 2],
        "mode": ["async", "sync"],
    }
    text = mermaid(propose_contexts(edges, None))
    assert "s0 -. 5 async .-> s1" in text
    assert "s1 -- 2 --> s0" in text


def test_context_mapper_names_upstream_and_downstream() -> None:
    text = context_mapper(proposal())
    assert "contains FaqTicketsContext" in text
    assert "  TelegramGatewayContext [D]<-[U] FaqTicketsContext {" in text
    assert 'implementationTechnology = "6,000 calls"' in text  # tickets to accounts and notices
    assert "  Aggregate TicketsService {" in text
    assert '"POST /tickets"' in text
    assert text.count("{") == text.count("}")


def test_contexts_that_call_each_other_are_partners() -> None:
    edges = {"caller": ["desk", "faq"], "callee": ["faq", "desk"], "calls": [5, 2]}
    text = context_mapper(propose_contexts(edges, None, k=2))
    assert "DeskContext [P]<->[P] FaqContext" in text
    assert 'implementationTechnology = "7 calls"' in text
    assert text.count("<->") == 1


names = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=10)


@settings(max_examples=50)
@given(st.lists(names, min_size=1, max_size=5, unique=True), names)
def test_no_name_breaks_out_of_an_export(services: list[str], message: str) -> None:
    edges = pl.DataFrame(
        {
            "caller": services,
            "callee": services[::-1],
            "calls": [3] * len(services),
            "message": [message] * len(services),
        }
    )
    found = propose_contexts(
        edges, None, evidence=Evidence(services=services), settings=Settings(draws=0)
    )
    drawn = mermaid(found)
    shape = re.compile(
        r'flowchart LR|  subgraph c\d+\["[^"]*"\]|    s\d+\["[^"]*"\]|  end|'
        r"  s\d+ (--|==) [\d,]+ (-->|==>) s\d+|"
    )
    assert all(shape.fullmatch(line) for line in drawn.split("\n"))
    cml = context_mapper(found)
    bare = re.sub(r'"(\\.|[^"\\])*"', '""', cml)
    assert bare.count("{") == bare.count("}")
    assert len(re.findall(r"^BoundedContext (\w+) \{$", bare, re.MULTILINE)) == len(found.groups)


def test_a_service_whose_operations_live_in_two_contexts_should_be_split_first() -> None:
    edges, journeys = telegram_fleet()
    rows = pl.DataFrame(
        {
            "caller": ["tickets", "notifications"],
            "callee": ["subscriptions", "faq"],
            "message": ["GET /subscriptions/plan", "GET /faq/digest"],
            "calls": [900, 4],
            "journey": ["submit ticket", "notifications"],
        }
    )
    found = propose_contexts(
        pl.concat([edges, rows], how="diagonal_relaxed"),
        journeys,
        settings=Settings(hubs="apart", draws=0),
    )
    hints = {(hint.service, hint.home): hint for hint in found.split_hints}
    home = found.assignment["tickets"]
    hint = hints["subscriptions", home]
    assert hint.operations == ("GET /subscriptions/plan",)
    assert hint.share == 1.0
    assert hint.calls == 900
    assert "GET /subscriptions/{user}" in hint.staying
    assert "consider a split before merging" in str(hint)


def test_who_handles_what_another_context_announces_is_no_case_for_a_split() -> None:
    edges, journeys = telegram_fleet()

    def hints(mode: str) -> set[str]:
        told = pl.DataFrame(
            {
                "caller": ["tickets"],
                "callee": ["subscriptions"],
                "message": ["ticket.closed"],
                "calls": [900],
                "journey": ["submit ticket"],
                "mode": [mode],
            }
        )
        found = propose_contexts(
            pl.concat([edges, told], how="diagonal_relaxed").with_columns(
                pl.col("mode").fill_null("sync")
            ),
            journeys,
            settings=Settings(hubs="apart", draws=0),
        )
        return {operation for hint in found.split_hints for operation in hint.operations}

    assert "ticket.closed" in hints("sync")
    assert "ticket.closed" not in hints("async")


def test_a_service_that_only_others_use_is_no_case_for_a_split() -> None:
    edges = {
        "caller": ["a", "a", "c"],
        "callee": ["b", "b", "d"],
        "calls": [10, 10, 10],
        "message": ["one", "two", "three"],
    }
    assert propose_contexts(edges, None).split_hints == ()


def test_calls_without_a_journey_stay_in_every_draw() -> None:
    edges, journeys = telegram_fleet()
    loose = edges.with_columns(
        journey=pl.when(pl.col("callee") == "audit").then(pl.lit("")).otherwise(pl.col("journey"))
    )
    found = propose_contexts(loose, journeys)
    assert found.fleet.calls_by_journey is not None
    assert found.frame["confidence"].null_count() == 0
