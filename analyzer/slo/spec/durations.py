"""Duration shorthands of OpenSLO v1: a whole number and one of m, h, d, w, M, Q, Y."""

from __future__ import annotations

import re

from analyzer.slo.spec.fields import Field
from analyzer.slo.spec.values import Duration

SHORTHAND = re.compile(r"(\d{1,9})([mhdwMQY])\Z", re.ASCII)
FORM = "write a whole number and one of m, h, d, w, M, Q, Y, such as 5m or 4h"


def read_duration(at: Field, *, zero_allowed: bool = False) -> Duration | None:
    """The duration; seconds, fractions and (unless allowed) zero are refused."""
    text = at.text()
    if text is None:
        return None
    match = SHORTHAND.match(text)
    if not match:
        at.refuse(f"is not a duration: {text!r}", FORM)
        return None
    duration = Duration(int(match[1]), match[2])
    if duration.count == 0 and not zero_allowed:
        at.refuse("must be longer than 0", FORM)
        return None
    return duration
