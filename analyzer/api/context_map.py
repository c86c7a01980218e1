"""The proposal as an object that shows and draws itself; the grouping itself knows no pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from analyzer.analysis import contexts
from analyzer.analysis.contexts import Difference, Explanation, SplitHint

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ContextMap:
    """A proposal of bounded contexts: tables, reasons, a picture."""

    def __init__(self, proposal: contexts.ContextMap) -> None:
        """Wrap `proposal`."""
        self.proposal = proposal

    @property
    def frame(self) -> pl.DataFrame:
        """One row per service: its context, role, confidence, alternative, margin and reason."""
        return self.proposal.frame

    @property
    def alternatives(self) -> pl.DataFrame:
        """The chosen number of contexts and its neighbours, with the change between them."""
        return self.proposal.alternatives

    @property
    def metrics(self) -> pl.DataFrame:
        """Quality figures of the proposal, held out, and of the two gaming controls."""
        return self.proposal.metrics

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of this proposal."""
        return self.proposal.notes

    @property
    def split_hints(self) -> tuple[SplitHint, ...]:
        """Operations that live in another context than their service: split before merging."""
        return self.proposal.split_hints

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Context -> its services, both sorted."""
        return self.proposal.groups

    def explain(self, service: str) -> Explanation:
        """Why `service` is where it is.

        Raises:
            UsageError: no such service.
        """
        return self.proposal.explain(service)

    def moves_from(self, before: dict[str, str]) -> Difference:
        """The smallest set of moves from an earlier assignment (service -> context)."""
        return self.proposal.moves_from(before)

    def export(self, how: str) -> str:
        """The map as a file: `yaml` (editable), `mermaid` (a picture in Markdown) or `cml`."""
        return {
            "yaml": contexts.render,
            "mermaid": contexts.mermaid,
            "cml": contexts.context_mapper,
        }[how](self.proposal)

    def plot(self) -> Figure:
        """The services of the map, coloured by context, with the calls between them."""
        from analyzer.render.charts import context_figure

        return context_figure(self.frame, self._edges())

    def _repr_html_(self) -> str:
        from analyzer.render.fragments import frame_fragment

        return frame_fragment("Proposed bounded contexts", self.frame)

    def _edges(self) -> pl.DataFrame:
        fleet = self.proposal.fleet
        rows = [
            (fleet.services[int(caller)], fleet.services[int(callee)], float(count))
            for (caller, callee), count in _nonzero(fleet.calls)
        ]
        schema = {"caller": pl.String, "callee": pl.String, "calls": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")


def _nonzero(matrix: object) -> list[tuple[tuple[int, int], float]]:
    import numpy as np

    dense = np.asarray(matrix)
    return [((a, b), float(dense[a, b])) for a, b in zip(*np.nonzero(dense), strict=True)]
