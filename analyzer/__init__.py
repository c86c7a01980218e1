"""Which microservices to consolidate, what that brings, and the proof: from a fleet's own logs.

    import analyzer as an
    run = an.analyze("sample_logs/legacy")

Names are loaded when first used: importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.api import (
        Analysis,
        Comparison,
        ContextMap,
        analyze,
        compare,
        open_analysis,
        propose_contexts,
    )

__version__ = "0.1.0"
__all__ = [
    "Analysis",
    "Comparison",
    "ContextMap",
    "__version__",
    "analyze",
    "compare",
    "open_analysis",
    "propose_contexts",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from analyzer import api

        return getattr(api, name)
    raise AttributeError(f"module 'analyzer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
