"""The proposal as one value: which service goes where, why, how sure, and what else could be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from analyzer.analysis.contexts import controls
from analyzer.analysis.contexts.affinity import GRID
from analyzer.analysis.contexts.constraints import Constraints
from analyzer.analysis.contexts.difference import Difference, difference
from analyzer.analysis.contexts.explanation import Explanation
from analyzer.analysis.contexts.fleet import Evidence, Fleet, Ints
from analyzer.analysis.contexts.grouping import Grouping
from analyzer.analysis.contexts.hubs import Hub
from analyzer.analysis.contexts.merges import LastMerge, last_merge
from analyzer.analysis.contexts.metrics import contrast
from analyzer.analysis.contexts.settings import Settings
from analyzer.analysis.contexts.splits import SplitHint, split_hints
from analyzer.analysis.contexts.summary import ContextSummary, summarise
from analyzer.analysis.near import near
from analyzer.analysis.rounding import six_digits
from analyzer.errors import UsageError


@dataclass(frozen=True)
class ContextMap:
    """A proposal of bounded contexts for a fleet.

    `notes` says what a reader must know of this proposal, `unstated` which evidence was not
    given (and so cannot speak). All tables are sorted and equal for equal input.
    """

    fleet: Fleet
    evidence: Evidence
    settings: Settings
    constraints: Constraints
    seed: int
    grouping: Grouping
    hubs: tuple[Hub, ...]
    explanations: tuple[Explanation, ...]
    notes: tuple[str, ...]
    unstated: tuple[str, ...]

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row per service, sorted by context and service; columns of `bounded_context`.

        `confidence` and `margin` lie in 0..1 and -1..1 with six digits; null where unknown.
        """
        schema = {
            "context": pl.String,
            "service_name": pl.String,
            "role": pl.String,
            "confidence": pl.Float64,
            "alternative": pl.String,
            "margin": pl.Float64,
            "reason": pl.String,
        }
        rows = [
            (
                why.context,
                why.service,
                why.role,
                None if why.confidence is None else six_digits(why.confidence),
                why.alternative,
                None if why.margin is None else six_digits(why.margin),
                f"undecided, ask: {why.reason}" if why.undecided else why.reason,
            )
            for why in self.explanations
        ]
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        return frame.sort("context", "service_name")

    @cached_property
    def assignment(self) -> dict[str, str]:
        """Service -> context, sorted by service."""
        return {why.service: why.context for why in self.explanations}

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Context -> its services, both sorted."""
        found: dict[str, list[str]] = {}
        for service, context in self.assignment.items():
            found.setdefault(context, []).append(service)
        return {context: tuple(found[context]) for context in sorted(found)}

    def explain(self, service: str) -> Explanation:
        """Why `service` is where it is; raises `UsageError` for a service not in the fleet."""
        for why in self.explanations:
            if why.service == service:
                return why
        raise UsageError(f"no service {service!r}; {near(service, self.fleet.services)}")

    @cached_property
    def alternatives(self) -> pl.DataFrame:
        """The chosen number of contexts and its neighbours, one row each.

        Columns contexts, modularity (combined Q), sharpened (Q of the squared affinity, which
        chooses), chosen, change. Hubs that were taken apart are not counted. `change` says
        which merge or split lies between the neighbour and the proposal.
        """
        choice = self.grouping.choice
        rows = [
            (
                groups,
                six_digits(round(choice.modularity[groups], 9)),
                six_digits(round(choice.sharpened[groups], 9)),
                groups == choice.groups,
                self._change(groups),
            )
            for groups in range(choice.groups - 1, choice.groups + 2)
            if groups in choice.modularity
        ]
        schema = {
            "contexts": pl.Int64,
            "modularity": pl.Float64,
            "sharpened": pl.Float64,
            "chosen": pl.Boolean,
            "change": pl.String,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    @cached_property
    def metrics(self) -> pl.DataFrame:
        """Quality figures of the proposal, held out over journeys, and of both controls."""
        regroup = controls.Regroup(
            self.settings, self.grouping.limits, self.grouping.choice.groups, self.apart
        )
        seen = controls.traffic(self.fleet, self.settings, self.apart)
        names = sorted(self.groups)
        labels = np.array(
            [names.index(self.assignment[name]) for name in self.fleet.services], dtype=np.int64
        )
        unseen = controls.held_out(self.fleet, regroup, self.seed)
        return controls.table(seen, self.fleet, labels, unseen)

    @cached_property
    def last_merges(self) -> tuple[LastMerge, ...]:
        """Per context of two or more: its last merge and the evidence that it hangs on."""
        return tuple(
            last_merge(self.grouping.members, self.settings, self.grouping.limits, labels)
            for labels in self._merged_groups()
        )

    @cached_property
    def layers(self) -> pl.DataFrame:
        """Every layer of the affinity: (layer, weight, pairs it ties, mean, agreement).

        `agreement` is its contrast: mean inside the proposed groups less mean between them;
        null where one of the two is empty.
        """
        known, labels = self.grouping.affinity, self.grouping.labels
        upper = np.triu_indices(len(labels), k=1)
        rows = []
        for name, layer in known.layers.items():
            pairs = layer[upper]
            agreement = contrast(layer * GRID, labels)
            rows.append(
                (
                    name,
                    six_digits(known.weights[name]),
                    int((pairs > 0).sum()),
                    six_digits(float(pairs.mean())) if len(pairs) else 0.0,
                    None if agreement is None else six_digits(agreement),
                )
            )
        schema = {
            "layer": pl.String,
            "weight": pl.Float64,
            "pairs": pl.Int64,
            "mean": pl.Float64,
            "agreement": pl.Float64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def layer(self, name: str) -> pl.DataFrame:
        """One layer of the affinity, (a, b, value) for every pair with a value above 0."""
        layers = self.grouping.affinity.layers
        if name not in layers:
            raise UsageError(f"no layer {name!r}; there are: {', '.join(layers)}")
        services = self.grouping.members.services
        rows = [
            (services[a], services[b], six_digits(float(layers[name][a, b])))
            for a, b in zip(*np.nonzero(np.triu(layers[name], k=1)), strict=True)
        ]
        schema = {"a": pl.String, "b": pl.String, "value": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row").sort("a", "b")

    def moves_from(self, before: Mapping[str, str]) -> Difference:
        """The smallest set of moves from an earlier assignment (service -> context)."""
        return difference(before, self.assignment)

    def context(self, name: str) -> ContextSummary:
        """One context in numbers; raises `UsageError` for a context that does not exist."""
        if name not in self.groups:
            raise UsageError(f"no context {name!r}; there are: {', '.join(self.groups)}")
        return summarise(self.fleet, name, self.groups[name], self.apart)

    @cached_property
    def split_hints(self) -> tuple[SplitHint, ...]:
        """Services whose operations live in different contexts; needs edges with messages."""
        members = set(self.grouping.members.services)
        return tuple(split_hints(self.fleet, self.assignment, members))

    @property
    def apart(self) -> tuple[str, ...]:
        """The hubs that were taken apart before grouping, sorted."""
        members = set(self.grouping.members.services)
        return tuple(name for name in self.fleet.services if name not in members)

    def _merged_groups(self) -> list[tuple[Ints, Ints, Ints]]:
        """(labels, left half, right half) of the last merge inside each chosen group."""
        grouping = self.grouping
        _, most = grouping.tree.sizes()
        found: dict[int, tuple[Ints, Ints, Ints]] = {}
        final = grouping.tree.cut(grouping.choice.groups)
        for done, merge in enumerate(grouping.tree.merges[: most - grouping.choice.groups]):
            before = grouping.tree.cut(most - done)
            left = np.flatnonzero(before == merge.left)
            right = np.flatnonzero(before == merge.right)
            found[int(final[left[0]])] = (final, left, right)
        return [found[group] for group in sorted(found)]

    def _change(self, groups: int) -> str:
        tree, chosen = self.grouping.tree, self.grouping.choice.groups
        if groups == chosen:
            return "proposed"
        wider, narrower = tree.cut(max(groups, chosen)), tree.cut(min(groups, chosen))
        merge = tree.merges[tree.sizes()[1] - max(groups, chosen)]
        parts = [
            " + ".join(self.grouping.members.services[at] for at in np.flatnonzero(wider == half))
            for half in (merge.left, merge.right)
        ]
        if groups < chosen:
            names = [self.grouping.names.get(half, parts[n]) for n, half in enumerate(merge[:2])]
            return f"merge {names[0]} and {names[1]}"
        name = self.grouping.names.get(int(narrower[merge.left]), "one context")
        return f"split {name} into {parts[0]} | {parts[1]}"
