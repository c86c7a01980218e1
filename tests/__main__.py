"""The test command: `python -m tests [pytest's arguments]`.

Two passes. Tests that hold parts against a clock (marker `alone`) run by themselves, since a
neighbour on the other core would be measured with them; all others share two workers. What
pytest calls passed in both passes is passed; the worse exit code is the command's.
"""

from __future__ import annotations

import subprocess
import sys

SHARED = ("-n", "2", "--dist", "loadfile", "-m", "not long and not alone")
BY_THEMSELVES = ("-m", "alone and not long")
_NO_TESTS = 5


def main(arguments: list[str]) -> int:
    """Run both passes with `arguments` and return the worse exit code."""
    codes = []
    for selection in (SHARED, BY_THEMSELVES):
        command = [sys.executable, "-m", "pytest", *selection, *arguments]
        codes.append(subprocess.run(command, check=False).returncode)
    told = [code for code in codes if code != _NO_TESTS]
    return max(told, default=_NO_TESTS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
