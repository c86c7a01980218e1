"""The time window of an SLO: rolling, or on the calendar of a place."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analyzer.slo.spec.durations import read_duration
from analyzer.slo.spec.fields import Field, Fields
from analyzer.slo.spec.values import CalendarWindow, RollingWindow, TimeWindow


def read_window(fields: Fields) -> TimeWindow | None:
    """The one window of an SLO; None where it was refused."""
    at = fields.require(
        "timeWindow", "add one time window, such as - {duration: 30d, isRolling: true}"
    )
    items = at.items() if at else []
    if at is None or len(items) != 1:
        if at is not None:
            at.refuse(f"must hold exactly one time window, holds {len(items)}", "keep one")
        return None
    inner = items[0].fields({"duration", "isRolling", "calendar"})
    if inner is None:
        return None
    duration_at = inner.require("duration", "write the length, such as 30d")
    duration = read_duration(duration_at) if duration_at else None
    rolling_at, calendar = inner.get("isRolling"), inner.get("calendar")
    rolling = rolling_at.boolean() if rolling_at else False
    start = _read_calendar(calendar) if calendar else None
    if rolling is None:
        return None
    if rolling == (calendar is not None):
        state = (
            "is rolling and has a calendar" if rolling else "is not rolling and has no calendar"
        )
        inner.refuse(state, "write isRolling: true, or a calendar with startTime and timeZone")
        return None
    if duration is None:
        return None
    if rolling:
        return RollingWindow(duration)
    return CalendarWindow(duration, *start) if start else None


def _read_calendar(at: Field) -> tuple[datetime, str] | None:
    fields = at.fields({"startTime", "timeZone"})
    if fields is None:
        return None
    start_at = fields.require("startTime", "write YYYY-MM-DD hh:mm:ss")
    zone_at = fields.require("timeZone", "write an IANA name such as Europe/Berlin")
    start = _read_start(start_at) if start_at else None
    zone = _read_zone(zone_at) if zone_at else None
    return (start, zone) if start and zone else None


def _read_start(at: Field) -> datetime | None:
    text = at.text()
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the zone is apart
    except ValueError:
        at.refuse(f"is not a local time: {text!r}", "write YYYY-MM-DD hh:mm:ss")
        return None


def _read_zone(at: Field) -> str | None:
    text = at.text()
    if text is None:
        return None
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        at.refuse(f"unknown time zone {text!r}", "write an IANA name such as Europe/Berlin")
        return None
    return text
