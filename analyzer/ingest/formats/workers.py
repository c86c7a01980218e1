"""Lines of programs that work jobs off a queue: Sidekiq, Dramatiq, Resque.

Each names the job before it says that it is done, in a place of its own.
"""

from __future__ import annotations

import re
from typing import Any

# Sidekiq: the context of a job as pairs, its level behind them, seconds.
_SIDEKIQ = re.compile(
    r"(?P<asctime>\d{4}-\d\d-\d\dT[\d:.]+Z) (?P<pairs>pid=\d+ tid=\S+(?: \w+=\S+)*) "
    r"(?P<levelname>[A-Z]+): (?P<message>.*)$",
    re.DOTALL,
)
# Sidekiq up to 5: process, thread, class and id of the job.
_SIDEKIQ_5 = re.compile(
    r"(?P<asctime>\d{4}-\d\d-\d\dT[\d:.]+Z) (?P<pid>\d+) TID-(?P<tid>\w+) "
    r"(?:(?P<class>[A-Z][\w:]*) (?:JID-(?P<job_id>\w+) )?(?:BID-\w+ )?)?(?P<levelname>[A-Z]+): "
    r"(?P<message>.*)$",
    re.DOTALL,
)
_SIDEKIQ_END = re.compile(r"(?P<end>done|fail)(?:: (?P<seconds>\d+(?:\.\d+)?) sec)?$")
_SIDEKIQ_ENDS = {"done": "ok", "fail": "error"}
_DRAMATIQ = re.compile(
    r"\[(?P<asctime>\d{4}-\d\d-\d\d [\d:,]+)\] \[PID (?P<pid>\d+)\] \[(?P<thread>[^\]]+)\] "
    r"\[(?P<logger>[^\]]+)\] \[(?P<levelname>[A-Z]+)\] (?P<message>.*)$",
    re.DOTALL,
)
_DRAMATIQ_END = re.compile(r"Completed after (?P<duration>\d+(?:\.\d+)?ms)\.$")
_RESQUE = re.compile(
    r"\*\* \[(?P<clock>\d\d:\d\d:\d\d) (?P<day>\d{4}-\d\d-\d\d)\] (?P<pid>\d+): (?P<message>.*)$",
    re.DOTALL,
)


def read_worker(text: str) -> dict[str, Any] | None:
    """Return the fields of a worker's line, None where it is none."""
    if text[10:11] == "T":
        if " pid=" in text[:40] and (match := _SIDEKIQ.match(text)):
            return _sidekiq(match)
        if " TID-" in text[:48] and (match := _SIDEKIQ_5.match(text)):
            return _sidekiq_5(match)
    if " [PID " in text[:32] and (match := _DRAMATIQ.match(text)):
        return _dramatiq(match)
    if text[:4] == "** [" and (match := _RESQUE.match(text)):
        found = match.groupdict()
        return found | {"asctime": f"{found.pop('day')} {found.pop('clock')}"}
    return None


def _sidekiq(match: re.Match[str]) -> dict[str, Any]:
    found: dict[str, Any] = dict(pair.split("=", 1) for pair in match["pairs"].split(" "))
    if "elapsed" in found and "class" in found:
        found |= {"duration_s": found.pop("elapsed"), "operation": found["class"]}
        found["outcome"] = _SIDEKIQ_ENDS.get(match["message"], "")
    if "jid" in found:
        found["job_id"] = found.pop("jid")
    return found | {name: match[name] for name in ("asctime", "levelname", "message")}


def _sidekiq_5(match: re.Match[str]) -> dict[str, Any]:
    found = {key: value for key, value in match.groupdict().items() if value is not None}
    end = _SIDEKIQ_END.match(match["message"])
    if end is not None and "class" in found:
        found |= {"operation": found["class"], "outcome": _SIDEKIQ_ENDS[end["end"]]}
        if end["seconds"]:
            found["duration_s"] = end["seconds"]
    return found


def _dramatiq(match: re.Match[str]) -> dict[str, Any]:
    found: dict[str, Any] = match.groupdict()
    if end := _DRAMATIQ_END.match(match["message"]):
        found |= {"operation": match["logger"], "duration": end["duration"], "outcome": "ok"}
    return found
