"""A finished analysis as one object: frames, the graph, the proposal, and pictures of them.

It holds a path, never a connection: every question opens the store read-only and closes it, so
that a notebook does not block the next run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analyzer.store import STORE_NAME, query, query_relation

if TYPE_CHECKING:
    import networkx as nx

    from analyzer.analysis import contexts, whatif
    from analyzer.analysis.contexts import Constraints
    from analyzer.api.context_map import ContextMap
    from analyzer.api.plots import Plots
    from analyzer.api.slo_report import SloReport


class Analysis:
    """What `analyze` found; shows itself in a notebook.

    Frames are read when first asked for, and so is the code behind each question. All frames
    are sorted, so equal input gives equal frames.
    """

    def __init__(self, folder: Path, *, proposal: contexts.ContextMap | None = None) -> None:
        """Read the analysis in `folder`; `proposal` is the one that its run made."""
        self._proposal = proposal
        self.folder = folder
        self.store = folder / STORE_NAME
        self.totals: dict[str, object] = self._frame("totals").row(0, named=True)

    @cached_property
    def inventory(self) -> pl.DataFrame:
        """One row per (caller, callee, message, mode), sorted by these; columns as the view."""
        return self._frame("inventory_sorted")

    @cached_property
    def journeys(self) -> pl.DataFrame:
        """One row per journey: trace_id, journey, entry_service, start_time, duration_ns, ..."""
        return self._frame("journeys")

    @cached_property
    def journey_summary(self) -> pl.DataFrame:
        """One row per (journey, entry service): counts, errors, exact quantiles in ms."""
        return self._frame("journey_summary")

    @cached_property
    def services(self) -> pl.DataFrame:
        """One row per service: spans, errors and log records it reported."""
        return self._frame("services")

    @cached_property
    def quality(self) -> pl.DataFrame:
        """One row per (check, scope) of what was assumed, merged, missing or odd."""
        return self._frame("data_quality_sorted")

    @cached_property
    def quarantine(self) -> pl.DataFrame:
        """One row per line, or part of a document, that could not be read."""
        return self._frame("quarantine_sorted")

    @cached_property
    def quarantine_reasons(self) -> pl.DataFrame:
        """One row per (file, reason) of the quarantine, with one example, most frequent first."""
        return self._frame("quarantine_reasons")

    @cached_property
    def files(self) -> pl.DataFrame:
        """One row per file: the account of its lines; `difference` is always 0."""
        return self._frame("line_account")

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        """The message inventory as a networkx graph; nodes know their context."""
        from analyzer.analysis.graph import message_graph

        return message_graph(
            self.services, self.inventory, self.journey_summary, self._context_of_service()
        )

    @cached_property
    def context_frame(self) -> pl.DataFrame:
        """The stored proposal: one row per service, sorted by context and service."""
        return self._frame("bounded_contexts")

    @cached_property
    def findings(self) -> tuple[str, ...]:
        """The hotspots in words, worst first."""
        return self._sentences("hotspot")

    @cached_property
    def context_notes(self) -> tuple[str, ...]:
        """What a reader must know of the proposal."""
        return self._sentences("context")

    @cached_property
    def windows(self) -> list[tuple[datetime, datetime]]:
        """The peak windows, in order of time, UTC."""
        frame = self._frame("peak_windows").select("window_start", "window_end")
        return [(start, end) for start, end in frame.rows()]

    @cached_property
    def input_hash(self) -> str:
        """A hash over the contents of all files, in a fixed order."""
        contents = str(self._frame("input_hash").item())
        return blake2b(contents.encode(), digest_size=8).hexdigest()

    @property
    def seed(self) -> int:
        """The seed of every random step of the run."""
        frame = self.sql("SELECT value FROM store_property WHERE name = 'seed'")
        return int(frame.item()) if frame.height else 0

    def series(
        self, bucket_seconds: int, service: str | None = None, operation: str | None = None
    ) -> pl.DataFrame:
        """Counts, errors, p50 and p95 in ms per bucket of time: of journeys, or of a service."""
        bucket = {"bucket_us": bucket_seconds * 1_000_000}
        if service is None:
            return self._frame("journey_series", bucket)
        return self._frame("span_series", bucket | {"service": service, "operation": operation})

    def hotspots(self, top: int = 5) -> pl.DataFrame:
        """The `top` worst hotspots of each kind (latency, errors): what changed, and why."""
        return self._frame("hotspots", {"top": top})

    def contexts(
        self, seed: int | None = None, constraints: Constraints | None = None
    ) -> ContextMap:
        """The proposal of bounded contexts; another seed or wishes group anew.

        Raises:
            ConfigurationError: the wishes contradict each other.
        """
        from analyzer.api.context_map import ContextMap
        from analyzer.api.grouping import propose

        asked = self.seed if seed is None else seed
        if self._proposal is not None and constraints is None and asked == self._proposal.seed:
            return ContextMap(self._proposal)
        return ContextMap(propose(self._frame, constraints, asked))

    @cached_property
    def messages(self) -> pl.DataFrame:
        """How each row of the inventory is used: one row per message, sorted as the inventory.

        Columns journeys, calls per journey, retries, peak rate, mean concurrency (Little's law),
        criticality (share of journeys that make the call), payload sizes where logged, first and
        last seen, and state: in use, stopped, or never received.
        """
        return self._frame("message_profile")

    @cached_property
    def time_shares(self) -> pl.DataFrame:
        """What journeys are made of: all, their slowest half, slowest 5 % and slowest 1 %."""
        return self._frame("time_shares")

    @cached_property
    def grouping_quality(self) -> pl.DataFrame:
        """The proposal's figures, held out over journeys, beside the two gaming controls."""
        return self._frame("grouping_qualities")

    def where_time_goes(self, top: int = 15) -> pl.DataFrame:
        """The `top` services and operations by their part of all critical-path time."""
        return self._frame("time_shares_overall", {"top": top})

    @cached_property
    def suspects(self) -> pl.DataFrame:
        """Services ranked by how much they changed, per peak window or for a given incident."""
        return self._frame("suspects")

    @cached_property
    def unranked(self) -> int:
        """How many operations had too little data in baseline or peak to be ranked."""
        return int(self.sql("SELECT count(*) FROM hotspot WHERE rank IS NULL").item())

    def whatif(
        self,
        merge: Sequence[Sequence[str]] = (),
        seed: int | None = None,
        constraints: Constraints | None = None,
    ) -> whatif.WhatIf:
        """What merging is predicted to bring.

        `merge` lists sets of services; without it the contexts are merged as proposed, or as
        proposed under `constraints`, whose owners and runtimes the order of migration respects.

        `.frame` has latency per journey and quantile, `.failures`, `.contexts`, `.blast_radius`,
        `.availability`, `.plan` and `.curve` the rest, `.warnings` what to know first.

        Raises:
            UsageError: a name is no service, or stands in two sets.
            ConfigurationError: the constraints contradict each other.
        """
        from analyzer.analysis import whatif
        from analyzer.api.what_if import predict

        asked = self.seed if seed is None else seed
        if merge:
            names = self.services["service_name"].to_list()
            grouping = whatif.grouping_of(merge, names)
        elif constraints is None:
            grouping = self._context_of_service()
        else:
            groups = self.contexts(asked, constraints).groups
            grouping = {name: context for context, names in groups.items() for name in names}
        return predict(self._frame, self.folder, grouping, asked, constraints)

    @cached_property
    def whatif_frame(self) -> pl.DataFrame:
        """The stored prediction for the proposed contexts: one row per journey and quantile."""
        return self._frame("whatif_sorted")

    @cached_property
    def whatif_notes(self) -> tuple[str, ...]:
        """What each merged context takes in, and what to know before trusting the prediction."""
        return self._sentences("whatif")

    @cached_property
    def migration(self) -> tuple[str, ...]:
        """The order of migration in sentences: gain, risk, gate and way back of each step."""
        return self._sentences("migration")

    def slo(self, objectives: str | Path, journeys: str | Path | None = None) -> SloReport:
        """Budgets, burn and verdicts of the objectives in a file (or folder of files).

        `journeys` maps operations to the names that the objectives use.

        Raises:
            ConfigurationError: what a file says is refused; every refusal is named.
        """
        from analyzer.api.journey_names import read_journey_names
        from analyzer.api.objectives import evaluate_objectives, read_objective_files

        names = read_journey_names(None if journeys is None else Path(journeys))
        return evaluate_objectives(self._frame, read_objective_files(objectives), names)

    def kpis(
        self, bucket_seconds: int | None = 60, journeys: str | Path | None = None
    ) -> pl.DataFrame:
        """Key figures per context: events, rate, error rate, exact latency quantiles in ms.

        One row per (context, bucket); with `bucket_seconds` None one per (context, phase), the
        peak against the baseline. `journeys` names the contexts, as for `slo`.
        """
        from analyzer.api.journey_names import read_journey_names

        names = read_journey_names(None if journeys is None else Path(journeys))
        found = self._frame("slo_journeys").select("context", "journey").rows()
        parameters: dict[str, object] = {**names.parameters(found)}
        del parameters["as_journeys"]
        if bucket_seconds is None:
            return self._frame("context_phases", parameters)
        return self._frame("context_kpis", parameters | {"bucket_us": bucket_seconds * 1_000_000})

    @cached_property
    def saturation(self) -> pl.DataFrame:
        """One row per (service, logged figure): medians and maxima at peak against baseline."""
        return self._frame("service_saturation")

    def relation(self, name: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """The result of one of the store's own relations (`store/sql/<name>.sql`)."""
        return self._frame(name, parameters)

    def sql(self, statement: str) -> pl.DataFrame:
        """The result of a SQL query on the store.

        Raises:
            UsageError: the SQL is wrong.
        """
        return query(self.store, statement)

    @property
    def plot(self) -> Plots:
        """Pictures as matplotlib Figures: `.hotspots()`, `.graph()`, `.latency()`."""
        from analyzer.api.plots import Plots

        return Plots(self)

    def write_report(self, path: str | Path) -> Path:
        """Write the report as one self-contained HTML file and return its path."""
        from analyzer.api.report import report_html
        from analyzer.api.results import write_text

        return write_text(Path(path), report_html(self))

    def __repr__(self) -> str:
        """The folder and the key figures on one line."""
        totals = self.totals
        return (
            f"Analysis({str(self.folder)!r}: {totals['lines']:,} lines, "
            f"{totals['spans']:,} spans, {totals['journeys']:,} journeys, "
            f"{self.services.height} services)"
        )

    def _repr_html_(self) -> str:
        from analyzer.api.summary import findings, tiles
        from analyzer.render.fragments import summary_fragment

        return summary_fragment(findings(self), tiles(self))

    def _sentences(self, topic: str) -> tuple[str, ...]:
        return tuple(self._frame("findings", {"topic": topic})["sentence"].to_list())

    def _context_of_service(self) -> dict[str, str]:
        return dict(self.context_frame.select("service_name", "context").rows())

    def _frame(self, name: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        return query_relation(self.store, name, parameters)
