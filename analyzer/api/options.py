"""What a run can be told; every option of the command line stands here under the same name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from analyzer.analysis.contexts import Constraints
from analyzer.ingest.reader import ReadingOptions


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of `analyze`.

    `force` writes into a folder that is not ours or was made from other roots. `fields` renames
    a logger's own keys to canonical ones, `unit` gives ns per unit for keys that do not say.
    `user_key_file` shares the key that users are hashed with between stores. `seed` drives every
    random step.
    """

    force: bool = False
    keep_ids: bool = False
    user_key_file: Path | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    unit: Mapping[str, int] = field(default_factory=dict)
    constraints: Constraints | None = None
    seed: int = 7

    @property
    def reading(self) -> ReadingOptions:
        """Return the part that the reader needs."""
        return ReadingOptions(renames=dict(self.fields), units=dict(self.unit))

    def reading_fingerprint(self) -> str:
        """Return a hash of what decides how lines are read; another one means reading anew."""
        told = repr((sorted(self.fields.items()), sorted(self.unit.items()), self.keep_ids))
        return blake2b(told.encode(), digest_size=8).hexdigest()
