"""What agents see of the desk as a whole. Staff's language is English: one group, one language."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.core.lengths import cut
from consolidated_bot.core.messages import Answer, Send, Sender
from consolidated_bot.support import results as r
from consolidated_bot.support.statistics import AgentFigures, Kept
from consolidated_bot.support.texts import MARKS

AGENTS_SHOWN = 15


def _found(result: r.TicketsFound, to: Sender) -> Answer:
    if not result.tickets:
        text = f"No ticket found for “{escape(result.words)}”."
        return Answer("support/ticket-find", (_to(to, text, []),))
    lines = [
        f"{MARKS[ticket.state]} <b>#{ticket.number}</b> {escape(ticket.author_name)}"
        f"{f' · {escape(ticket.agent_name)}' if ticket.agent_name else ''}: "
        f"{escape(cut(ticket.body, 120))}"
        for ticket in result.tickets
    ]
    buttons = [button(f"#{t.number}", f"tk:show:{t.number}") for t in result.tickets]
    rows = [buttons[i : i + 5] for i in range(0, len(buttons), 5)]
    return Answer("support/ticket-find", (_to(to, "\n".join(lines), rows),))


def _statistics(result: r.StatisticsShown, to: Sender) -> Answer:
    it = result.figures
    days = "1 day" if result.days == 1 else f"{result.days} days"
    median = it.first_response_minutes
    first = "-" if median is None else _minutes(median)
    lines = [
        f"<b>The last {days}</b>: {it.received} received, {it.closed} closed",
        f"Waiting now: {result.waiting}",
        f"First answer: {first} at the median, in time {_share(it.first_responses)}",
        f"Solved in time {_share(it.resolutions)}",
        f"Rating: {_stars(it.rating)} ({it.rated} given)",
        *(_agent(agent) for agent in it.agents[:AGENTS_SHOWN]),
    ]
    return Answer("support/statistics", (_to(to, "\n".join(lines), []),))


def _agent(agent: AgentFigures) -> str:
    rating = "" if agent.rating is None else f", {_stars(agent.rating)}"
    return f"{escape(agent.name)}: {agent.tickets} tickets, {agent.closed} closed{rating}"


def _minutes(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _share(kept: Kept) -> str:
    if not kept.judged:
        return "-"
    return f"{kept.kept} of {kept.judged} ({100 * kept.kept // kept.judged} %)"


def _stars(rating: float | None) -> str:
    return "-" if rating is None else f"{rating:.1f} ★"


def _to(to: Sender, text: str, rows: list[list[dict[str, str]]]) -> Send:
    params: dict[str, Any] = {"text": text, "parse_mode": "HTML"}
    if rows:
        params["reply_markup"] = keyboard(rows)
    if to.thread_id is not None:
        params["message_thread_id"] = to.thread_id
    return Send(to.chat_id, params)


PRESENTERS: dict[type, Callable[[Any, Sender], Answer]] = {
    r.TicketsFound: _found,
    r.StatisticsShown: _statistics,
}
