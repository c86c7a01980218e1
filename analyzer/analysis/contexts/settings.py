"""What can be chosen about a grouping, in one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from analyzer.errors import UsageError

HubTreatment = Literal["mark", "apart"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices of a grouping; the defaults are those of the reference method.

    `alpha` is the part of the calls against the journeys. `layer_weights` adds further layers
    by name (default 0: shown, not counted). `hubs`: `mark` keeps shared services in the tree
    and only says so, `apart` takes them out and gives each a context of its own. A hub touches
    more than `hub_share` of the journeys and spreads over contexts (`hub_participation`).
    `draws` bootstrap samples give the confidence; below `sure` a service is `undecided`. With
    a previous proposal, a service leaves its context only for a margin above `keep_margin`.
    """

    alpha: float = 0.5
    layer_weights: Mapping[str, float] = field(default_factory=dict)
    hubs: HubTreatment = "mark"
    hub_share: float = 0.5
    hub_participation: float = 0.5
    draws: int = 50
    sure: float = 0.7
    keep_margin: float = 0.1

    def __post_init__(self) -> None:
        """Refuse values that have no meaning, all at once."""
        problems = [
            f"settings: {name} must lie in 0..1, not {value}"
            for name, value in (
                ("alpha", self.alpha),
                ("hub_share", self.hub_share),
                ("hub_participation", self.hub_participation),
                ("sure", self.sure),
            )
            if not 0 <= value <= 1
        ]
        problems += [
            f"settings: the weight of layer {name!r} must not be negative"
            for name, weight in self.layer_weights.items()
            if weight < 0
        ]
        if self.hubs not in ("mark", "apart"):
            problems.append(f"settings: hubs is mark or apart, not {self.hubs!r}")
        if self.draws < 0:
            problems.append(f"settings: draws must not be negative, not {self.draws}")
        if problems:
            raise UsageError("\n".join(problems))

    def weights(self, layers: Sequence[str], silent: Sequence[str] = ()) -> dict[str, float]:
        """The part of each layer in the affinity; the parts add up to 1, `silent` have none."""
        raw = {"calls": self.alpha, "journeys": 1 - self.alpha}
        raw |= {name: self.layer_weights.get(name, 0.0) for name in layers if name not in raw}
        raw |= dict.fromkeys(silent, 0.0)
        total = sum(raw[name] for name in sorted(raw)) or 1.0
        return {name: raw[name] / total for name in layers}

    def counts(self, layer: str) -> bool:
        """Whether a further layer has any weight."""
        return self.layer_weights.get(layer, 0.0) > 0
