"""`python -m tests.volume`: write logs with known truth."""

from __future__ import annotations

import time
from pathlib import Path

import click

from tests.volume.render import FORMATS
from tests.volume.write import Order, write_volume


@click.command()
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), required=True)
@click.option("--lines", default=1_000_000, show_default=True, help="About so many lines.")
@click.option("--seed", default=7, show_default=True)
@click.option("--bad-share", default=0.001, show_default=True, help="Share of bad lines beside.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def main(form: str, lines: int, seed: int, bad_share: float, output: Path) -> None:
    """Write logs/<service>/ and truth.json to OUTPUT."""
    begun = time.perf_counter()
    order = Order(format=form, lines=lines, seed=seed, out=output, bad_share=bad_share)
    truth = write_volume(order)
    seconds = time.perf_counter() - begun
    written = sum(file.stat().st_size for file in (output / "logs").rglob("*") if file.is_file())
    count = truth["lines"]
    assert isinstance(count, int)
    click.echo(
        f"{form}: {count:,} lines, {written / 1e6:,.0f} MB in {seconds:.1f} s: "
        f"{count / seconds:,.0f} lines/s"
    )
    click.echo(f"Wrote {output}")


if __name__ == "__main__":
    main()
