"""All result files of an analysis, beside its store."""

from __future__ import annotations

from analyzer.analysis import contexts
from analyzer.analysis.graph import graphml
from analyzer.api.analysis import Analysis
from analyzer.api.results import csv_text, write_text


def write_results(analysis: Analysis) -> None:
    """Write report, inventory, graph and proposal into the folder of the store.

    Raises:
        OutputError: the disk is full or the folder not writable.
    """
    folder = analysis.folder
    write_text(folder / "inventory.csv", csv_text(analysis.inventory))
    write_text(folder / "graph.graphml", graphml(analysis.graph))
    write_text(folder / "contexts.yaml", contexts.render(analysis.contexts().proposal))
    analysis.write_report(folder / "report.html")
