"""Names and ids of one file as they may be stored: masked, a service without its pod."""

from __future__ import annotations

import re

from analyzer.ingest.mask import Masker
from analyzer.ingest.record import Record
from analyzer.semconv import UNKNOWN_SERVICE

_MAX_NAMES = 10_000
# Ids of letters, digits and dashes hide nothing; anything else is read as a text.
_PLAIN_ID = re.compile(r"(?:update:)?(?!eyJ)[\w.-]{1,128}$")
# A Deployment's pod: <service>-<replica set hash>-<5 characters> (FORMATS section 5).
_POD_SUFFIX = re.compile(r"-[0-9a-f]{6,10}-[0-9a-z]{5}$")


class Namer:
    """Names what the lines of one file name; `fallback` is the service the file itself is of."""

    def __init__(self, fallback: str, masker: Masker) -> None:
        self.fallback = fallback
        self._masker = masker
        self._names: dict[str, str] = {}

    def service_of(self, record: Record) -> str:
        """Return the service of a record; a trace names its services itself.

        A missing name there stays unknown (links need that).
        """
        if record.trace_dialect and not record.service_name:
            return self.name(UNKNOWN_SERVICE)
        return self.service(record.service_name)

    def service(self, named: str | None) -> str:
        """Return the service that a line names, the file's own where it names none."""
        return self.name(_POD_SUFFIX.sub("", named) if named else self.fallback)

    def name(self, name: str) -> str:
        """Return a name (service, operation, peer, type of error) masked; few are distinct."""
        masked = self._names.get(name)
        if masked is None:
            if len(self._names) >= _MAX_NAMES:
                self._names.clear()
            masked = self._names[name] = self._masker.text(name)
        return masked

    def identifier(self, identifier: str | None) -> str | None:
        """Return an id as it is, masked where it is not one plainly."""
        if identifier is None or _PLAIN_ID.match(identifier):
            return identifier
        return self._masker.text(identifier)
