"""Numbers as they are written into results: six significant digits, no negative zero."""

from __future__ import annotations


def six_digits(value: float) -> float:
    """`value` rounded to six significant digits, so that equal results are equal bytes."""
    return float(f"{value:.6g}") + 0.0
