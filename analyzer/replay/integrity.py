"""What no log of a bot can tell: tickets that users submitted and the bot lost or made twice.

Judged from outside, by what users sent and what the Bot API accepted, so a bot cannot hide it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from analyzer.replay.drive import Journey
from analyzer.replay.workload.steps import TICKET_NUMBER

SUBMIT = "ticket-submit"
SENDS = "sendmessage"
TICKET_SCENARIOS = frozenset(
    {
        "ticket_in_one_message",
        "ticket_guided",
        "ticket_and_check",
        "ticket_and_notification",
        "give_up",
    }
)
"""Users of others read texts that may speak of numbers, too."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """Of `submitted` tickets: `lost` were never confirmed, `doubled` exist or were told twice.

    `waiting` were unconfirmed at the end of a run that left the bot no time for them.
    """

    submitted: int
    lost: int
    doubled: int
    waiting: int = 0

    @property
    def problems(self) -> tuple[str, ...]:
        """In words; empty when every ticket was made exactly once."""
        found = []
        if self.lost:
            found.append(
                f"{self.lost:,} of {self.submitted:,} submitted tickets "
                f"({self.lost / self.submitted:.2%}) were lost: never confirmed, no apology"
            )
        if self.doubled:
            found.append(
                f"{self.doubled:,} of {self.submitted:,} submitted tickets "
                f"({self.doubled / self.submitted:.2%}) were doubled: a second number or a "
                "second confirmation"
            )
        return tuple(found)


def integrity(
    rows: Sequence[Journey], journal: Path, overloaded_ns: int | None = None
) -> Integrity:
    """Hold what users submitted against what reached them, chat by chat.

    Tickets from `overloaded_ns` on were submitted to a bot that could not keep up, shortly before
    the end: without confirmation they wait, and whether they are lost nobody can tell.
    """
    scenarios: dict[int, set[str]] = defaultdict(set)
    submitted: Counter[int] = Counter()
    unanswered: Counter[int] = Counter()
    waits: Counter[int] = Counter()
    for row in rows:
        scenarios[row.user_id].add(row.scenario)
        if row.journey == SUBMIT and row.update_id is not None:
            submitted[row.user_id] += 1
            unanswered[row.user_id] += row.outcome == "unanswered"
            if overloaded_ns is not None and row.intended_ns >= overloaded_ns:
                waits[row.user_id] += row.outcome == "unanswered"
    chats = {user for user in submitted if scenarios[user] <= TICKET_SCENARIOS}
    told = _confirmations(journal, chats)
    lost = doubled = waiting = 0
    for chat in chats:
        numbers, repeated = told.get(chat, (0, 0))
        confirmed = submitted[chat] - unanswered[chat]
        late = max(0, numbers - confirmed)
        never = max(0, unanswered[chat] - late)
        waiting += min(never, waits[chat])
        lost += max(0, never - waits[chat])
        doubled += max(0, numbers - submitted[chat]) + repeated
    return Integrity(sum(submitted[chat] for chat in chats), lost, doubled, waiting)


def _confirmations(journal: Path, chats: set[int]) -> dict[int, tuple[int, int]]:
    """Per chat how many different ticket numbers it was told, and how many messages were twins."""
    texts: dict[int, list[str]] = defaultdict(list)
    with journal.open("rb") as lines:
        for chat, text in _sent(lines):
            if chat in chats and TICKET_NUMBER.search(text):
                texts[chat].append(text)
    return {
        chat: (
            len({number for text in said for number in TICKET_NUMBER.findall(text)}),
            len(said) - len(set(said)),
        )
        for chat, said in texts.items()
    }


def _sent(lines: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Chat and text of every message that the Bot API accepted."""
    for line in lines:
        if b'"request_answered"' not in line:
            continue
        call = orjson.loads(line)
        if call["method"].lower() == SENDS and call["status"] == 200:
            message = call["result"]
            yield int(message["chat"]["id"]), str(message.get("text", ""))
