"""The words by which text lines tell their level."""

from __future__ import annotations

import re

UPPER = (
    "TRACE|DEBUG\\d?|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|SEVERE|ALERT|"
    "EMERGENCY|EMERG|PANIC|LOG|VERBOSE|FINEST|FINER|FINE|CONFIG|STATEMENT|DETAIL|HINT|CONTEXT|QUERY(?=:)|"
    "INF|WRN|DBG|VRB|TRC|FTL|PNC"
)
"""Capitals tell a level wherever one may stand; the last line is Serilog's and zerolog's."""

SURE = "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE"
"""Capitals that are hardly ever but a level."""

IN_SENTENCES = r"(?:in|from|of|and|or|codes?|messages?|pages?|responses?|logs?)\b"
"""What follows the word ERROR where it is not the level of its line but one of a sentence."""

LOWER = (
    "trace|debug|info|notice|warn|warning|error|err|critical|crit|fatal|(?:fail|dbug|trce)(?=:)|"
    "(?:alert|emerg|panic)(?=\\])"
)
"""In small letters these are words like others: something must separate them from the rest."""

_LOOKING_ROUND = re.compile(r"\(\?<?[=!](?:\\.|\[[^\]]*\]|[^()\\])*\)")
ANY_LEVEL = _LOOKING_ROUND.sub("", f"{UPPER}|Information|Note|System|[VDIWEF]")
"""What may be a level in capitals, whatever stands around it."""
ANY_LOWER = _LOOKING_ROUND.sub("", LOWER)
"""What may be a level in small letters, whatever stands around it."""

IS_LEVEL = re.compile(rf"(?:{UPPER})$")
"""A level in capitals and nothing else."""

LEVEL_WORD = re.compile(rf"(?:{UPPER}|(?i:{LOWER}))(?:[+-]\d)?$")
"""A level and nothing else."""
