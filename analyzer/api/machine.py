"""On what a run was made, as reports tell it."""

from __future__ import annotations

import os
import platform

from analyzer import __version__


def machine_facts() -> dict[str, str]:
    """The machine, and the versions of analyzer and Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "machine": f"{platform.system()} on {platform.machine()}, {cores} cores",
        "versions": f"analyzer {__version__}, Python {platform.python_version()}",
    }
