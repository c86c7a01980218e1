from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def peer_data() -> Path:
    """The folder of public peers' data (data/, slo/); tests that need it skip without it."""
    folder = Path(os.environ.get("PEER_DATA", ROOT.parent / "shared")).resolve()
    if not (folder / "data").is_dir():
        pytest.skip(f"peer data not found at {folder}: set PEER_DATA to run this test")
    return folder
