"""What a validation says beside its figures: what may be compared, why a prediction missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from analyzer.api.machine import machine_facts
from analyzer.api.measured import Predicted
from analyzer.api.validation_runs import Run
from analyzer.replay.integrity import Integrity
from analyzer.replay.workload.recorded import Demand

MISSES_TOLD = 3
WORTH_TELLING = 0.15
"""Relative error at p95 below which a prediction is as good as this method promises."""


def largest_misses(predicted: Predicted) -> Iterator[str]:
    """Where the prediction is furthest off at p95, and what that says, in a sentence each."""
    rows = predicted.latency.filter(
        (pl.col("quantile") == 0.95) & (pl.col("prediction_error").abs() > WORTH_TELLING)
    ).sort(pl.col("prediction_error").abs(), "journey", descending=[True, False])
    for row in rows.head(MISSES_TOLD).iter_rows(named=True):
        phase = f" ({row['phase']})" if row["phase"] in {"baseline", "peak"} else ""
        yield (
            f"prediction missed for {row['journey']}{phase}: p95 {row['before_ms']:,.0f} ms "
            f"before, {row['predicted_ms']:,.0f} predicted, {row['measured_ms']:,.0f} measured; "
            f"{_explanation(row)}"
        )


def _explanation(row: Mapping[str, float]) -> str:
    before, predicted, measured = row["before_ms"], row["predicted_ms"], row["measured_ms"]
    saved = 1 - predicted / before if before else 0.0
    if measured < predicted:
        return (
            f"the merge alone saves {saved:.0%}, because the time is spent inside services "
            "(work, and queues in front of their pools), not between them. That time went away "
            "with other code and other storage, which no prediction of a merge knows"
        )
    if measured <= before:
        return f"{saved:.0%} were to be saved and less was: gaps stayed, or their time moved"
    return (
        "it became slower than it was: the new code does more here, or waits for what the old "
        "one did not (its line in the bot's log splits the time into queue, handle and send)"
    )


def to_decide(undecided: pl.DataFrame, demand: Demand) -> Iterator[str]:
    """How long a replay would decide the objectives that this one left open.

    `undecided(valid, needed)`, one row per objective; events are taken to come as they came.
    """
    known = undecided.filter((pl.col("valid") > 0) & (pl.col("needed") > pl.col("valid")))
    if not known.height:
        return
    factor = max(needed / valid for valid, needed in known.select("valid", "needed").rows())
    times = f"about {factor:,.1f} times as many events would decide what is open"
    if demand.whole:
        yield f"{times}: only a longer recording has more"
        return
    minutes = -(-factor * demand.plan.seconds // 60)
    yield f"{times}: --limit {minutes:.0f}m if the recording is that long, or less with --speed"


def unseen(tickets: Integrity) -> Iterator[str]:
    """How rare a loss may be that this many tickets do not show (exact, 95 %)."""
    if tickets.submitted and not tickets.problems:
        share = 1 - 0.05 ** (1 / tickets.submitted)
        yield (
            f"none of {tickets.submitted:,} tickets was lost or doubled: what happens to fewer "
            f"than {share:.2%} of them may stay unseen in so few (95 %)"
        )


def comparability(*, paired: bool, pairs: int, speed: float, staffed: bool) -> Iterator[str]:
    """What may be compared with what, said plainly."""
    yield (
        "comparable: journeys by name, the same objectives by the same code, latency from the "
        "update's arrival to the Bot API's acceptance of the answer, on both sides by the logs"
    )
    if paired:
        yield (
            f"like for like: {pairs} pair{'s' if pairs > 1 else ''} of replays of the same "
            "arrivals with the same seed on the same machine against the same emulated Telegram, "
            "in ABBA order; what differs is the software alone"
        )
    else:
        yield (
            "not comparable: the recording was made at another time, perhaps on another machine "
            "and behind another network, by other code; one run of each, no pairs. A difference "
            "is that of two recordings, not of the merge alone. --legacy makes it like for like"
        )
    yield (
        "seen by users counts from the moment a user meant to act, which no log knows; the "
        "prediction puts all services into one process and knows nothing of a rewrite"
    )
    if staffed:
        yield (
            "notifications are begun by no user: they are asked for again as broadcasts of the "
            "bot's staff, in which a message waits for those before it. Their objective is held "
            "to that; their latency is neither compared nor predicted"
        )
    else:
        yield (
            "notifications are begun by no user: they are asked for again of the bundled bot "
            "alone, whose staff is known; another bot sends what it sends by itself, and their "
            "latency is neither compared nor predicted"
        )
    if speed != 1:
        against = "" if paired else " than those before and those predicted"
        yield (
            f"replayed at {speed:g} times the recorded rate, Telegram's limits scaled likewise "
            f"and its delays as they are: latencies stand under another load{against}"
        )


def facts(
    demand: Demand, runs: Sequence[Run], commands: Mapping[str, str], seed: int, speed: float
) -> dict[str, str]:
    """What was done, on what, with which versions and seed."""
    summaries = [run.replayed.driven.summary for run in runs]
    offered, issued, dropped = (
        sum(getattr(summary, name) for summary in summaries)
        for name in ("offered", "issued", "dropped")
    )
    stretches = ", ".join(
        f"{excerpt.name} {excerpt.seconds:,.0f} s" for excerpt in demand.excerpts
    )
    return {
        **commands,
        "replays": ", ".join(f"{run.side} {run.pair}" for run in runs),
        "of the recording": stretches,
        "speed": f"{speed:g}",
        "visits in a replay": f"{len(demand.arrivals):,} by {demand.plan.users:,} users",
        "offered": f"{offered:,} journeys, {issued:,} issued, {dropped:,} dropped",
        "generator lag p99": f"{max(summary.lag_p99_ms for summary in summaries):.1f} ms",
        **_notified(runs),
        "warm-up cut": f"{demand.plan.warm_up_seconds:.1f} s a replay",
        "seed": str(seed),
        **machine_facts(),
    }


def _notified(runs: Sequence[Run]) -> dict[str, str]:
    """How many notifications staff asked for, if any."""
    rows = [row for run in runs for row in run.replayed.notifications]
    refused = sum(run.replayed.refused for run in runs)
    if not rows and not refused:
        return {}
    arrived = sum(row.outcome == "ok" for row in rows)
    told = f"{len(rows):,} asked for, {arrived:,} arrived"
    more = f"; {refused} broadcasts could not be started" if refused else ""
    return {"notifications": told + more}
