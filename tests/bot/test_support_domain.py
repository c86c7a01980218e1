from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidated_bot.accounts.domain import Account, AccountsRefused, LinkCode
from consolidated_bot.core.errors import ConfigurationError
from consolidated_bot.support.domain import BusinessHours, SupportRefused, Ticket
from consolidated_bot.support.faq import in_language
from consolidated_bot.support.handbook import read_policy
from consolidated_bot.support.texts import TEXTS

OFFICE = BusinessHours("Europe/Berlin", frozenset(range(5)), time(9), time(17))
TICKET = Ticket(
    number=1,
    chat_id=7,
    message_id=8,
    user_id=7,
    author_name="Ann",
    language="en",
    category="other",
    priority="normal",
    body="x",
    state="open",
    created_ms=0,
    first_response_due_ms=1,
    resolution_due_ms=2,
)


def ms(*moment: int) -> int:
    return round(datetime(*moment, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        (ms(2026, 11, 23, 8, 0), 60, ms(2026, 11, 23, 9, 0)),  # Monday 9:00 in Berlin
        (ms(2026, 11, 23, 15, 30), 60, ms(2026, 11, 24, 8, 30)),  # over the night
        (ms(2026, 11, 27, 15, 30), 60, ms(2026, 11, 30, 8, 30)),  # over the weekend
        (ms(2026, 11, 28, 12, 0), 30, ms(2026, 11, 30, 8, 30)),  # submitted on Saturday
        (ms(2026, 3, 27, 15, 0), 120, ms(2026, 3, 30, 8, 0)),  # summer time begins in between
    ],
)
def test_due_times_count_working_time_only(start: int, minutes: int, due: int) -> None:
    assert OFFICE.add(start, minutes) == due


@given(st.integers(0, 2_000_000_000_000), st.integers(1, 5000), st.integers(1, 5000))
def test_due_times_add_up(start: int, first: int, second: int) -> None:
    assert OFFICE.add(OFFICE.add(start, first), second) == OFFICE.add(start, first + second)


def test_around_the_clock_is_plain_addition() -> None:
    assert BusinessHours().add(1_000, 90) == 1_000 + 90 * 60_000


def test_ticket_is_taken_by_one_agent_and_closed_once() -> None:
    taken = TICKET.taken_by(5, "Agnes")
    assert taken.taken_by(5, "Agnes") == taken
    with pytest.raises(SupportRefused, match="taken_already"):
        taken.taken_by(6, "Otto")
    closed = taken.closed(100)
    assert closed.closed(200) == closed
    assert closed.rated(4).reopened() == replace(taken, rating=None)
    with pytest.raises(SupportRefused, match="rate_when_closed"):
        taken.rated(5)


def test_first_response_is_the_first_answer_and_takes_the_ticket() -> None:
    answered = TICKET.answered(5, "Agnes", 100).answered(6, "Otto", 200)
    assert (answered.first_response_ms, answered.agent_id, answered.state) == (100, 5, "taken")


@pytest.mark.parametrize(
    ("words", "entry"),
    [
        ("refund", "refund"),
        ("I want my money back", "refund"),
        ("возврат денег", "refund"),
        ("where is my package", "track"),
        ("посылку отследить", "track"),
        ("forgot passwords", "password"),
        ("промокоды не работают", "promo"),
        ("приложение зависает", "crash"),
    ],
)
def test_search_finds_the_entry_in_both_languages(words: str, entry: str) -> None:
    assert read_policy(None).handbook.search(words)[0].id == entry


@given(st.text(max_size=80))
def test_search_takes_any_text(words: str) -> None:
    HANDBOOK.search(words)


HANDBOOK = read_policy(None).handbook


def test_bundled_handbook_speaks_both_languages() -> None:
    for entry in HANDBOOK.entries.values():
        assert set(entry.question) == set(entry.answer) == {"en", "ru"}
    assert in_language({"de": "Hallo"}, "en") == "Hallo"


def test_wrong_handbook_names_every_problem(tmp_path: Path) -> None:
    file = tmp_path / "handbook.toml"
    file.write_text(
        "[promise.normal]\nfirst_response_minutes = 1\nresolution_minutes = 2\n"
        '[[category]]\nid = "a"\ntitle = { en = "A" }\npriority = "odd"\n'
        '[[entry]]\nid = "e"\ncategory = "b"\nquestion = { en = "q" }\nanswer = { en = "a" }\n'
    )
    with pytest.raises(ConfigurationError) as caught:
        read_policy(file)
    assert len(caught.value.problems) == 2


def test_texts_have_the_same_keys_and_values_in_all_languages() -> None:
    english, russian = TEXTS["en"], TEXTS["ru"]
    assert set(english) == set(russian)


@pytest.mark.parametrize(
    ("field", "value", "fits"),
    [
        ("email", "a@b.example", True),
        ("email", "a@b", False),
        ("name", " ", False),
        ("plan", "PRO", True),
        ("plan", "gold", False),
        ("quiet", "22-7", True),
        ("quiet", "22-24", False),
        ("quiet", "off", True),
        ("height", "2 m", False),
    ],
)
def test_profile_fields_are_checked(field: str, value: str, *, fits: bool) -> None:
    account = Account(1, 1, 0)
    if fits:
        account.with_field(field, value)
    else:
        with pytest.raises(AccountsRefused):
            account.with_field(field, value)


@given(st.integers(0, 23), st.integers(0, 23), st.integers(0, 2_000_000_000_000))
def test_quiet_hours_end_within_a_day_and_at_their_hour(begin: int, end: int, now: int) -> None:
    account = replace(Account(1, 1, 0), quiet_from=begin, quiet_to=end)
    hour = datetime.fromtimestamp(now / 1000, UTC).hour
    quiet = begin <= hour < end if begin < end else hour >= begin or hour < end
    if begin == end:
        return
    until = account.quiet_until(now)
    assert bool(until) == quiet
    if until:
        assert now < until <= now + 86_400_000
        assert datetime.fromtimestamp(until / 1000, UTC).hour == end


def test_link_code_opens_for_a_day_and_five_tries() -> None:
    code = LinkCode.issued("c-100", "123456", 0)
    assert code.opens_with(" 123456 ", 1)
    assert not code.opens_with("123457", 1)
    assert not code.opens_with("123456", 25 * 3_600_000)
    assert not replace(code, attempts=5).opens_with("123456", 1)
