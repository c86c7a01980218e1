"""What a report says of an analysis: sentences, tables, pictures. Markup is render's business."""

from __future__ import annotations

from analyzer import __version__
from analyzer.api.analysis import Analysis
from analyzer.api.gains import gain_table, gains
from analyzer.api.hotspots import baseline_words, readable
from analyzer.api.summary import findings, fingerprint, tiles
from analyzer.render.report import Chart, ReportContent, Section, render_report

_NOTES_ON_METHOD = (
    "Latency quantiles are exact and of one clock only; the column side says which.",
    "Links: observed (real ids), correlated (shared request id) or inferred (nesting in time).",
    "A missing edge is no proof of absence: context may not have been passed on.",
    "Waiting between a client and its server is charged to the callee.",
    "The critical path sees neither hidden dependencies between siblings nor queues in a server.",
    "Peak windows are found from the traffic itself unless they were given.",
)


def report_html(analysis: Analysis) -> str:
    """Return the report of `analysis` as one HTML page; equal stores give equal bytes."""
    return render_report(content_of(analysis))


def content_of(analysis: Analysis) -> ReportContent:
    """Return everything the report shows, as values."""
    return ReportContent(
        title="What the logs say about this fleet",
        findings=findings(analysis),
        tiles=tiles(analysis),
        graph=analysis.graph,
        charts=_charts(analysis),
        hotspots=_hotspots(analysis),
        time=_time(analysis),
        grouping=_grouping(analysis),
        contexts=_contexts(analysis),
        context_notes=analysis.context_notes,
        whatif=_whatif(analysis),
        whatif_notes=analysis.whatif_notes,
        migration=analysis.migration,
        inventory=_inventory(analysis),
        messages=_messages(analysis),
        journeys=_journeys(analysis),
        unread=_unread(analysis),
        account=_account(analysis),
        quality=_quality(analysis),
        method=_NOTES_ON_METHOD,
        fingerprint=f"analyzer {__version__}, {fingerprint(analysis)}",
    )


def _hotspots(analysis: Analysis) -> Section:
    return Section(
        "hotspots",
        "What changed in the peak",
        "Operations that became slower or failed more often in the peak than in the baseline. "
        "Latency and errors are ranked apart and shown in turns: each has a first, a second and "
        f"so on. {baseline_words(analysis.relation('peak_windows'))} "
        f"{analysis.unranked} more operations had too little data to say.",
        readable(analysis.hotspots(top=30)),
    )


def _time(analysis: Analysis) -> Section:
    return Section(
        "time",
        "Where time goes",
        "Critical-path time of all journeys by whom it is charged to, and of the slowest 5 % "
        "of each. A gap is charged to the callee; the column waited by says who waited.",
        analysis.where_time_goes(),
    )


def _grouping(analysis: Analysis) -> Section:
    return Section(
        "grouping",
        "How good the grouping is",
        "Shares of calls, time and journeys that stay inside a context, and the published "
        "figures. The controls show what a grouping that games each figure would reach; the "
        "row held out is grouped on one half of the journeys and judged on the other.",
        analysis.grouping_quality,
    )


def _contexts(analysis: Analysis) -> Section:
    return Section(
        "contexts",
        "Proposed bounded contexts",
        "Which services to consolidate. Confidence is the share of 50 resampled fleets that "
        "agree; below 0.7 the proposal is to ask, not to merge. Margin is how much better the "
        "own context fits than the best other one.",
        analysis.context_frame,
    )


def _whatif(analysis: Analysis) -> Section:
    return Section(
        "whatif",
        "What merging is predicted to bring",
        "Each journey's traces replayed without the hops inside a context: latency before → "
        "predicted. Saved names the quantile it speaks of (p95 where n allows) and, in brackets, "
        "its nominal 95 % interval. It can be proven wrong: replay the demand against the "
        "consolidated service and compare.",
        gain_table(gains(analysis.whatif_frame)),
    )


def _inventory(analysis: Analysis) -> Section:
    return Section(
        "inventory",
        "Message inventory",
        "Who sends which message to whom: how often, how fast, how failing.",
        analysis.inventory.drop("first_seen", "last_seen").sort(
            "calls", descending=True, maintain_order=True
        ),
    )


def _messages(analysis: Analysis) -> Section:
    return Section(
        "messages",
        "How messages are used",
        "Journeys that make the call (criticality is their share of all), calls in a journey, the "
        "busiest ten seconds, how many are under way at once (Little's law), payload sizes where "
        "they are logged. Stopped: seen before, no longer in the last tenth of the recording. "
        "Never received: sent to a broker from which nobody is seen to take it.",
        analysis.messages.drop("first_seen").sort("calls", descending=True, maintain_order=True),
    )


def _journeys(analysis: Analysis) -> Section:
    return Section(
        "journeys",
        "Journeys",
        "The work of one request or update, from its first span.",
        analysis.journey_summary.drop("first_seen", "last_seen"),
    )


def _unread(analysis: Analysis) -> Section:
    return Section(
        "unread",
        "What could not be read",
        "Lines and parts of documents in quarantine: nothing is dropped in silence.",
        analysis.quarantine_reasons,
    )


def _account(analysis: Analysis) -> Section:
    return Section(
        "account",
        "Every line counted",
        "lines = records + quarantined + blank + folded + excluded, for every file.",
        analysis.files.drop("first_time", "last_time"),
    )


def _quality(analysis: Analysis) -> Section:
    return Section(
        "quality",
        "What was assumed or noticed",
        "Nothing is corrected in silence: each row is a rule that was applied, and how often.",
        analysis.quality,
    )


def _charts(analysis: Analysis) -> list[Chart]:
    charts = (
        [Chart("Baseline against peak", analysis.plot.hotspots())] if _ranked(analysis) else []
    )
    charts += [
        Chart(f"Latency over time: {name}", figure) for name, figure in analysis.plot.latencies()
    ]
    return charts


def _ranked(analysis: Analysis) -> bool:
    return analysis.hotspots(top=1).height > 0
