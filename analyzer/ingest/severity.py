"""Levels of every logger to the six of OpenTelemetry; numbers by their format, never by value."""

from __future__ import annotations

import re

_WORDS = {
    "trace": "TRACE",
    "verbose": "TRACE",
    "v": "TRACE",
    "vrb": "TRACE",
    "trc": "TRACE",
    "trce": "TRACE",
    "silly": "TRACE",
    "debug": "DEBUG",
    "dbg": "DEBUG",
    "dbug": "DEBUG",
    "d": "DEBUG",
    "fine": "DEBUG",
    "finer": "DEBUG",
    "finest": "TRACE",
    "config": "INFO",
    "info": "INFO",
    "information": "INFO",
    "informational": "INFO",
    "notice": "INFO",
    "note": "INFO",
    "system": "INFO",
    "log": "INFO",
    "inf": "INFO",
    "i": "INFO",
    "warn": "WARN",
    "warning": "WARN",
    "wrn": "WARN",
    "w": "WARN",
    "error": "ERROR",
    "err": "ERROR",
    "eror": "ERROR",
    "fail": "ERROR",
    "severe": "ERROR",
    "e": "ERROR",
    "fatal": "FATAL",
    "f": "FATAL",
    "critical": "FATAL",
    "crit": "FATAL",
    "panic": "FATAL",
    "dpanic": "FATAL",
    "pnc": "FATAL",
    "ftl": "FATAL",
    "emerg": "FATAL",
    "emergency": "FATAL",
    "alert": "FATAL",
}
_BETWEEN = re.compile(r"(DEBUG|INFO|WARN|ERROR)[+-]\d{1,2}$")
# logrus on a terminal cuts its levels to four letters.
_WORDS |= {"trac": "TRACE", "debu": "DEBUG", "erro": "ERROR", "fata": "FATAL", "pani": "FATAL"}
_WORDS |= {f"debug{level}": "DEBUG" for level in range(1, 6)}  # PostgreSQL's
_BY_TENS = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_PYTHON = {10: "DEBUG", 20: "INFO", 30: "WARN", 40: "ERROR", 50: "FATAL"}
_SYSLOG = ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG")

ERRORS = frozenset({"ERROR", "FATAL"})


def from_word(word: object) -> str | None:
    """Return the level that a word names, else None; slog writes levels between as `INFO+2`."""
    if not isinstance(word, str):
        return None
    found = _WORDS.get(word.strip().lower())
    if found is None and (between := _BETWEEN.match(word.strip())):
        return _WORDS.get(between[1].lower())
    return found


def from_pino(level: object) -> str | None:
    """Return the level of pino's and bunyan's scale, 10..60."""
    return _BY_TENS.get(level // 10 * 10) if isinstance(level, int) else None


def from_python(level: object) -> str | None:
    """Return the level of Python's scale, 10..50."""
    return _PYTHON.get(level // 10 * 10) if isinstance(level, int) else None


def from_syslog(priority: object) -> str | None:
    """Return the level of syslog's scale, 7 (debug) .. 0 (emergency)."""
    text = str(priority)
    return _SYSLOG[int(text)] if len(text) == 1 and text in "01234567" else None


def from_otlp_number(number: object) -> str | None:
    """Return the level of OTLP's severityNumber, 1..24."""
    if isinstance(number, int) and 1 <= number <= 24:
        return ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")[(number - 1) // 4]
    return None
