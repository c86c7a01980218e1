"""Hotspots of what a store holds: frames out, rows and sentences back in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import zip_longest

import polars as pl

from analyzer.analysis.hotspots import (
    Findings,
    Growth,
    Hotspot,
    JourneyShift,
    TraceFrames,
    Window,
    find_hotspots,
    find_windows,
    hotspot_frame,
    incident_window,
    journey_shifts,
    main_growth,
    where_time_goes,
)
from analyzer.api.options import RunOptions
from analyzer.store import Store

_JOURNEYS_TOLD = 2


_MOST_SPANS = 1_000_000
"""Beyond so many spans inside the peaks, or outside, hotspots compare samples of the traces."""
_JOURNEYS_AT_ONCE = 1_000_000


def write_hotspots(store: Store, options: RunOptions) -> None:
    """Replace hotspots, suspects, peak windows and the sentences about them."""
    windows = _windows(store, options)
    with store.transaction():
        # First and by themselves: the frames are sampled beside these windows.
        store.clear(["hotspot", "suspect", "peak_window", "time_share"])
        store.append("peak_window", [_window_row(window, 0) for window in windows])
    sample = _sample(store)
    frames = TraceFrames.read(lambda name: _frame(store, name, sample))
    found = find_hotspots(frames, windows, incident_ns=options.incident)
    with store.transaction():
        _note_sample(store, sample, frames.times.height)
        shares = where_time_goes(frames).select(
            "journey", "slice", "service_name", "operation", "caller", "exclusive_ns", "share",
            "journeys",
        )  # fmt: skip
        store.append("time_share", shares.rows())
        store.append("hotspot", hotspot_frame(found.hotspots).rows())
        store.append("suspect", _suspects(found))
        store.clear(["peak_window"])
        store.append("peak_window", [_window_row(window, found.tail_ns) for window in windows])
        store.run("forget_findings", {"topic": "hotspot"})
        if options.incident is None:
            words = _peak_sentences(found, _journey_sentences(frames, found))
        else:
            words = [_sentence(row) for row in found.hotspots if row.rank is not None]
        store.append("finding", [(at, "hotspot", text) for at, text in enumerate(words)])


def _windows(store: Store, options: RunOptions) -> tuple[Window, ...]:
    """The windows that were given, or those that the journeys show."""
    if options.incident is not None:
        return (incident_window(options.incident),)
    if options.campaign:
        return tuple(Window(start, end) for start, end in sorted(options.campaign))
    return find_windows(_pieces(store))


def _pieces(store: Store) -> Iterator[pl.DataFrame]:
    """All journeys, some quarters of an hour at a time."""
    quarters: list[int] = []
    journeys = 0
    for quarter, count in store.frame("journey_quarters").rows():
        if quarters and journeys + count > _JOURNEYS_AT_ONCE:
            yield store.frame("journeys_between", {"first": quarters[0], "last": quarters[-1]})
            quarters, journeys = [], 0
        quarters.append(quarter)
        journeys += count
    if quarters:
        yield store.frame("journeys_between", {"first": quarters[0], "last": quarters[-1]})


def _window_row(window: Window, tail_ns: int) -> tuple[object, ...]:
    return (
        window.start_ns // 1_000,
        window.end_ns // 1_000,
        window.reason,
        tail_ns // 1_000_000,
    )


def _sample(store: Store) -> dict[str, int]:
    """Of how many traces one is compared, inside and outside the windows."""
    sizes = store.frame("frame_sizes").row(0, named=True)
    return {
        f"{side}_parts": max(1, -(-sizes[f"{side}_spans"] // _MOST_SPANS))
        for side in ("peak", "base")
    }


def _frame(store: Store, name: str, sample: Mapping[str, int]) -> pl.DataFrame:
    return store.frame(f"frame_{name}", None if name == "measurements" else sample)


def _note_sample(store: Store, sample: Mapping[str, int], spans: int) -> None:
    store.run("forget_sample_note")
    peak, base = sample["peak_parts"], sample["base_parts"]
    if max(peak, base) > 1:
        words = (
            f"hotspots compare 1 of {peak} traces of the peaks with 1 of {base} of the rest, "
            "chosen by a hash of their id; windows are found in all journeys"
        )
        store.append("data_quality", [("hotspot_sample", "", spans, None, words)])


def _suspects(found: Findings) -> list[tuple[object, ...]]:
    return [
        (
            each.window.start_ns // 1_000,
            suspect.rank,
            suspect.service_name,
            suspect.kind,
            suspect.score,
            suspect.latency_part,
            suspect.event_part,
            suspect.reason,
            suspect.entries_peak,
        )
        for each in found.windows
        for suspect in each.suspects
    ]


def _sentence(row: Hotspot) -> str:
    return f"{row.service_name}: {row.sentence}"


def _journey_sentences(frames: TraceFrames, found: Findings) -> list[str]:
    """The journeys that cost users most, each with the operation that made it longer and why."""
    windows = [each.window for each in found.windows]
    shifts = [shift for shift in journey_shifts(frames.journeys, windows) if shift.lost_ms > 0]
    sentences = []
    for shift in shifts[:_JOURNEYS_TOLD]:
        growth = main_growth(frames, shift)
        text = shift.sentence
        if growth is not None:
            text += f"; {growth.share:.0%} of the increase is {growth.service_name} "
            text += growth.operation
            text += _why(found, shift, growth)
        sentences.append(text)
    return sentences


def _why(found: Findings, shift: JourneyShift, growth: Growth) -> str:
    rows = next(each.hotspots for each in found.windows if each.window == shift.window)
    key = (growth.service_name, growth.operation)
    for row in rows:
        if row.kind == "latency" and (row.service_name, row.operation) == key and row.rank:
            return f" ({row.why})"
    return ""


def _peak_sentences(found: Findings, journeys: list[str]) -> list[str]:
    """Return in words: the journeys that suffer most, then causes by what they cost, in turns."""
    ranked = [row for row in found.hotspots if row.rank is not None]
    slow = [row for row in ranked if row.kind == "latency"]
    slow.sort(key=lambda row: (-(row.share_of_slow_time or 0.0), row.rank))
    failing = [row for row in ranked if row.kind != "latency"]
    turns = (row for pair in zip_longest(slow, failing) for row in pair if row is not None)
    return journeys + [_sentence(row) for row in turns]


def readable(hotspots: pl.DataFrame) -> pl.DataFrame:
    """Return hotspot rows as people compare them: each with the figure of its own kind.

    Columns rank (inside its kind), kind, service, operation, window (of the peak, UTC), baseline,
    peak, times, slow_time, why, n.
    """
    rows = [
        (
            row["rank"],
            row["kind"],
            row["service_name"],
            row["operation"],
            span_of(row["window_start"], row["window_end"]),
            _figure(row, "baseline"),
            _figure(row, "peak"),
            None if row["ratio"] is None else f"{row['ratio']:.1f} x",
            None if row["share_of_slow_time"] is None else f"{row['share_of_slow_time']:.0%}",
            row["cause"],
            row["evidence_n"],
        )
        for row in hotspots.iter_rows(named=True)
    ]
    names = ("service", "operation", "window", "baseline", "peak", "times", "slow_time", "why")
    schema = {
        "rank": pl.Int64,
        "kind": pl.String,
        **dict.fromkeys(names, pl.String),
        "n": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def span_of(start: datetime, end: datetime) -> str:
    """Return a stretch of time as people write it: the day once, seconds where they matter."""
    form = "%H:%M" if start.second == end.second == 0 else "%H:%M:%S"
    last = end.strftime(form if start.date() == end.date() else f"%Y-%m-%d {form}")
    return f"{start:%Y-%m-%d} {start.strftime(form)} - {last}"


def baseline_words(windows: pl.DataFrame) -> str:
    """Return what the peaks are compared with, from the rows of `peak_window`."""
    if windows.is_empty():
        return "No stretch of time stands out, so there is nothing to compare."
    peaks = "; ".join(
        span_of(start, end) + (f" ({reason})" if reason else "")
        for start, end, reason in windows.select("window_start", "window_end", "reason").rows()
    )
    seconds = max(windows["recovery_ms"].to_list()) // 1_000
    return (
        f"Peaks (UTC): {peaks}. Baseline: all other time, without 5 s before and {seconds} s "
        "after each peak. Every row is compared in the peak where it changed most."
    )


def _figure(row: dict[str, object], side: str) -> str | None:
    if row["kind"] == "errors":
        rate = row[f"{side}_error_rate"]
        return f"{rate:.1%} failing" if isinstance(rate, float) else None
    median = row[f"{side}_p50_ms"]
    if not isinstance(median, float):
        return None
    return f"{median / 1_000:,.2f} s" if median >= 1_000 else f"{median:,.0f} ms"
