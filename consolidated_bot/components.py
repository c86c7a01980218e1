"""Who brings migrations, in the order in which they are applied."""

from __future__ import annotations

COMPONENTS = ("core", "support", "accounts", "notifications", "operations")
