"""The staff behind the bundled bot: an operations group, an audience, broadcasts.

No user begins a notification, so no scenario makes one: without staff a replay would say nothing
of them. The recorded notifications are asked for again as broadcasts to people who subscribed
beforehand and do nothing else, so what they are sent is never taken for an answer.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock
from analyzer.replay.botapi.door import Door, Group, Press, Text, User
from analyzer.replay.botapi.feed import ChatEvent
from analyzer.replay.botapi.journal import rfc3339
from analyzer.replay.drive import Journey
from analyzer.replay.workload.plan import Plan
from analyzer.replay.workload.recorded import NOTIFICATION
from analyzer.replay.workload.users import FIRST_USER_ID

OPERATIONS = -1_000_000_000_042
LEAD = User(user_id=90_001, first_name="Lead")
FIRST_SUBSCRIBER_ID = FIRST_USER_ID + 10_000_000
USUAL_AUDIENCE = 100
SUBSCRIPTIONS_PER_SECOND = 10.0
TOPIC = "news"
START = "start"
BROADCAST = re.compile(r"Message (\d+) of the campaign\.")
POLL_SECONDS = 5.0
CARD_WITHIN_SECONDS = 30.0
"""A group takes 20 messages a minute, and tickets are announced there, too."""

STAFF_ENVIRONMENT: Mapping[str, str] = {
    "OPS_CHAT_ID": str(OPERATIONS),
    "OPS_MEMBERS": f"{LEAD.user_id}:lead",
}
"""What makes the bundled bot listen to this staff (DESIGN.md section 8)."""


@dataclass(frozen=True, slots=True)
class Broadcasts:
    """`times` (seconds after the start) of broadcasts to `audience` subscribers each."""

    audience: int
    times: tuple[float, ...]


def broadcasts_for(notified: Sequence[float], audience: int = USUAL_AUDIENCE) -> Broadcasts:
    """As many messages, at about the moments, as the notifications sent at `notified`.

    Each goes to about `audience` people.
    """
    if not notified:
        return Broadcasts(0, ())
    count = max(1, round(len(notified) / audience))
    each = math.ceil(len(notified) / count)
    return Broadcasts(each, tuple(sorted(notified)[::each]))


@dataclass(frozen=True, slots=True)
class Sent:
    """A broadcast that the bot let staff start, and who had it when (monotonic nanoseconds)."""

    asked_ns: int
    had: dict[int, int]


@dataclass(slots=True)
class Staff:
    """A lead in the operations group of the bot behind `door`, and the audience."""

    door: Door
    broadcasts: Broadcasts
    clock: Clock
    refused: int = 0
    sent: dict[int, Sent] = field(default_factory=dict)
    _cards: asyncio.Queue[ChatEvent] = field(default_factory=asyncio.Queue)

    async def assemble(self) -> None:
        """Open the group; needed before the bot starts, which looks for it."""
        await self.door.add_group(Group(chat_id=OPERATIONS), {LEAD.user_id: "administrator"})

    async def gather(self, speed: float) -> None:
        """Let the audience subscribe, at a calm pace."""
        for number in range(self.broadcasts.audience):
            user = User(user_id=FIRST_SUBSCRIBER_ID + number, first_name="Subscriber")
            await self.door.write(Text(user=user, text=f"/subscribe {TOPIC}"))
            await asyncio.sleep(1 / (SUBSCRIPTIONS_PER_SECOND * speed))

    async def work(self) -> None:
        """Send every broadcast at its time, counted from now, and watch what arrives, for ever.

        Users of the replay subscribe, too: a broadcast is left out while more messages have
        arrived than the recording had sent by then.
        """
        begun = self.clock.monotonic_ns()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(await self.door.last_seq()))
            for number, seconds in enumerate(self.broadcasts.times, start=1):
                wait = begun + round(seconds * NS_PER_SECOND) - self.clock.monotonic_ns()
                await asyncio.sleep(max(0, wait) / NS_PER_SECOND)
                arrived = sum(len(sent.had) for sent in self.sent.values())
                if arrived < number * self.broadcasts.audience:
                    await self._send(number)

    def as_it_stands(self) -> Staff:
        """A copy that does not change while the staff goes on: what was sent and had so far."""
        sent = {number: replace(one, had=dict(one.had)) for number, one in self.sent.items()}
        return replace(self, sent=sent)

    def notifications(self, plan: Plan) -> Iterator[Journey]:
        """What every subscriber had of every broadcast, as users' journeys: asked for to had."""
        offset = self.clock.wall_ns() - self.clock.monotonic_ns()
        now = self.clock.monotonic_ns()
        audience = range(FIRST_SUBSCRIBER_ID, FIRST_SUBSCRIBER_ID + self.broadcasts.audience)
        for number, sent in sorted(self.sent.items()):
            for user_id in sorted({*audience, *sent.had}):
                had = sent.had.get(user_id)
                waited_ms = ((had or now) - sent.asked_ns) / 1e6
                yield Journey(
                    journey_id=f"{plan.name}-{plan.seed}-broadcast-{number}-{user_id}",
                    journey=NOTIFICATION,
                    scenario="broadcast",
                    phase="",
                    user_id=user_id,
                    campaign=plan.name,
                    t_start=rfc3339(sent.asked_ns + offset),
                    t_end=rfc3339(had + offset) if had else None,
                    intended_ns=sent.asked_ns,
                    issued_ns=sent.asked_ns,
                    answered_ns=had,
                    latency_ms=waited_ms if had else None,
                    waited_ms=waited_ms,
                    lag_ms=None,
                    deadline_ms=1000 * plan.deadline_seconds(NOTIFICATION),
                    late=had is None or waited_ms > 1000 * plan.deadline_seconds(NOTIFICATION),
                    outcome="ok" if had else "unanswered",
                )

    async def _follow(self, after: int) -> None:
        while True:
            for event in await self.door.events(after, POLL_SECONDS):
                after = event.seq
                if event.chat_id == OPERATIONS:
                    self._cards.put_nowait(event)
                elif event.kind == "message" and (found := BROADCAST.match(event.text)):
                    sent = self.sent.get(int(found[1]))
                    if sent is not None:
                        sent.had.setdefault(event.chat_id, event.monotonic_ns)

    async def _send(self, number: int) -> None:
        while not self._cards.empty():
            self._cards.get_nowait()
        text = f"/broadcast {TOPIC} Message {number} of the campaign."
        await self.door.write(Text(user=LEAD, text=text, chat_id=OPERATIONS))
        try:
            async with asyncio.timeout(CARD_WITHIN_SECONDS):
                while True:
                    card = await self._cards.get()
                    data = _start_button(card)
                    if data and card.message_id is not None:
                        break
        except TimeoutError:
            self.refused += 1
            return
        self.sent[number] = Sent(self.clock.monotonic_ns(), {})
        await self.door.press(
            Press(
                user=LEAD,
                message_id=card.message_id,
                callback_data=data,
                chat_id=OPERATIONS,
            )
        )


def _start_button(card: ChatEvent) -> str | None:
    found = (button.data for button in card.buttons if button.text.lower() == START)
    return next(found, None)
