"""Coverage-guided fuzzing of the line readers, the masks and the columns (atheris, libFuzzer).

    python -m tests.ingest.fuzz_lines --inputs 1000000 [--corpus FOLDER] [--seconds N]

An input is a small file. It goes through everything that stands between its bytes and the rows
of the store: nothing may raise, every line must be in the account exactly once, each column must
be as long as its table and hold only what the store can take. The corpus grows from the samples
of the tests; `--corpus` keeps it between runs. A failing input is written beside the run as
`crash-<hash>`, and becomes a case of tests/ingest/test_fuzz_findings.py. Linux only: atheris has
wheels for no other system.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["analyzer.ingest"]):
    from tests.ingest.whole_way import rows_of

from tests.ingest.samples import SAMPLES

_MAX_BYTES = 512


def test_one_input(content: bytes) -> None:
    """Read `content` as a file."""
    rows_of(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=0, help="stop after so many (0: never)")
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was found")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        kept = given.corpus or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        for number, sample in enumerate(SAMPLES):
            (kept / f"sample-{number:03d}").write_bytes(sample)
        atheris.Setup(
            [
                sys.argv[0], str(kept), f"-runs={given.inputs}", f"-seed={given.seed}",
                f"-max_total_time={given.seconds}", f"-max_len={_MAX_BYTES}", "-timeout=20",
                "-rss_limit_mb=4096", "-print_final_stats=1", "-len_control=20",
            ],
            test_one_input,
        )  # fmt: skip
        atheris.Fuzz()


if __name__ == "__main__":
    main()
