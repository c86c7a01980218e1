"""One line of a file to readings: wrappers peeled, its format found by content.

The format that matched last is tried first; nothing is decided for a whole file, since formats
mix in one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analyzer.ingest.fields import Resolver
from analyzer.ingest.folding import fold
from analyzer.ingest.formats import cells, json_text, otlp, wrappers
from analyzer.ingest.formats.dialects import dialect_of, is_log_line
from analyzer.ingest.formats.field_reader import FieldReader
from analyzer.ingest.formats.known import FORMATS, TIMED, Format
from analyzer.ingest.formats.layer import Layer
from analyzer.ingest.formats.messages import fields_of_message
from analyzer.ingest.formats.outcomes import Outcome, Piece, joined
from analyzer.ingest.formats.split_lines import SplitLines
from analyzer.ingest.formats.syslog import origin_below, read_syslog
from analyzer.ingest.formats.text import is_indented_record, leading_level
from analyzer.ingest.formats.w3c import ColumnTable
from analyzer.ingest.line_times import NO_ORIGIN, Origin
from analyzer.ingest.record import Reading, Record, Rejected
from analyzer.ingest.shapes import HEAD_KEY
from analyzer.semconv import UNSET

_NOT_KNOWN = Rejected("no_format", "no known format reads this line")
# Envoy's `[time] "GET` and CRI's `time stdout F`: to free text they are a time and a message.
_SURER = re.compile(r"\] \"| std(?:out|err) [FP](?: |$)")
_SURER_WITHIN = 64
# So are the beginnings of Squid's lines and of the Classic balancer's.
_SURER_FIRST = re.compile(
    r"1\d{9}\.\d{3} +\d+ \S+ [A-Z_]+/\d{3} |\d{4}-\d\d-\d\dT[\d:.]+Z [\w-]+ \S+:\d+ \S+ -?[\d.]+ "
)
_BODIES = frozenset({"msg", "message", "event", "body"})

Habits = tuple[str, bool, bool, bool]
"""What a reader expects of the next line: the last one's format, and what else it was."""


def _is_surer(text: str) -> bool:
    """Tell whether a line is of a form that free text only seems to read."""
    surer = _SURER_FIRST.match(text) or _SURER.search(text, 0, _SURER_WITHIN)
    return surer is not None or wrappers.is_stamped(text)


class LineReader:
    """Reads the lines of one file; `formats` counts which dialects were met.

    `renames` maps a logger's own key to a canonical spelling (`--fields`); `own` are formats
    that the user described (`--format-file`), tried before all others.
    """

    def __init__(
        self, resolver: Resolver, renames: Mapping[str, str], own: Sequence[Format] = ()
    ) -> None:
        self._resolver = resolver
        self.fields = FieldReader(resolver, renames)
        self.own = tuple(own)
        self._formats = self.own + FORMATS
        self._last: Format | None = None
        self._last_was_json = False
        self._last_was_headed = False
        self.table = ColumnTable()
        self.split_lines = SplitLines()
        self.formats: Counter[str] = Counter()

    def read(self, content: bytes, origin: Origin = NO_ORIGIN) -> Outcome:
        """Return what one line is; `content` holds no line end."""
        if content[:1] == b"{":
            value = json_text.parse_line(content)
            if isinstance(value, dict):
                if is_log_line(value):
                    return self._read_plain(value, origin)
                return self.read_value(value, origin)
            if isinstance(value, Rejected) and (self._last_was_json or self._last is None):
                return Outcome([value])
        text = content.decode("utf-8", "replace")
        if "\ufffd" in text and text.count("\ufffd") > json_text.BAD_ENCODING_SHARE * len(text):
            return Outcome([Rejected("bad_encoding", "over a tenth of the line is not UTF-8")])
        return self.read_text(text, origin)

    def read_text(self, text: str, origin: Origin = NO_ORIGIN) -> Outcome:
        """Return what one line of text is."""
        if "\x1b" in text:
            text = wrappers.without_ansi(text)
        if origin.depth >= wrappers.MAX_LAYERS:
            return Outcome([Rejected("too_deep", "wrapped more than five times")])
        stripped = text.strip()
        if stripped[:1] in ("{", "[") and (stripped[:1] == "{" or self._last is None):
            value = json_text.parse_line(stripped.encode("utf-8", "replace"))
            if isinstance(value, (dict, list)) and value:
                return self.read_value(value, origin)
        indented = text[:1].isspace() and not is_indented_record(text)
        if indented and (origin.depth or not self._last_was_json):
            return self._unknown(text, origin)
        if text[-1:].isspace() and wrappers.is_piece(text):
            stripped = text  # the line may be cut between two words
        return self._read_stripped(stripped, origin)

    def _read_stripped(self, text: str, origin: Origin) -> Outcome:
        last = self._last
        if self._last_was_headed:
            self._last_was_headed = False
            headed = read_syslog(text, follows=True)
            if headed is not None:
                return self._read_headed(headed.fields, headed.message, origin)
        if last is not None and last.free and (_is_surer(text) or self.table.fits(text)):
            last = None
        if last is not None and last is not TIMED and (found := last.read(text)) is not None:
            return self._read_fields(last, found, text, origin)
        layer = wrappers.peel_text(text, origin, self._resolver.clock)
        if layer is not None:
            return self._read_layer(layer)
        rows = self.table.read(text)
        if rows is not None:
            if isinstance(rows, dict):
                self.formats["w3c"] += 1
                return self.fields.outcome(rows, origin)
            return Outcome(piece=Piece.EXCLUDED)
        for entry in self._formats:
            if entry is not last and (found := entry.read(text)) is not None:
                return self._read_fields(entry, found, text, origin)
        headed = read_syslog(text)
        if headed is not None:
            return self._read_headed(headed.fields, headed.message, origin)
        return (
            self._read_embedded(text, origin)
            or self._read_timed(text, origin)
            or self._unknown(text, origin)
        )

    def _read_timed(self, text: str, origin: Origin) -> Outcome | None:
        """Read a line by the time within it, where no line of the file had a known form yet."""
        known = self._last_was_json or (self._last is not None and self._last is not TIMED)
        if known or origin is not NO_ORIGIN or (found := TIMED.read(text)) is None:
            return None
        return self._read_fields(TIMED, found, text, origin)

    def _read_plain(self, value: dict[str, Any], origin: Origin) -> Outcome:
        """Read an object that can be nothing but a log line: what most lines are."""
        self._last_was_json, self._last = True, None
        self.formats["json"] += 1
        return self.fields.outcome(value, origin)

    def read_value(self, value: Any, origin: Origin = NO_ORIGIN) -> Outcome:
        """Return what a parsed JSON value is: a log line, a wrapper, or a document."""
        if isinstance(value, dict) and is_log_line(value):
            self._last_was_json, self._last = True, None
            self.formats["json"] += 1
            return Outcome(self.fields.read(value, origin), origin.source)
        if isinstance(value, Mapping) and not otlp.recognises(value):
            layers = wrappers.peel_value(value, origin, self._resolver.clock)
            if layers is not None and origin.depth < wrappers.MAX_LAYERS:
                self._last_was_json = True
                return self._read_layers(layers)
        self._last_was_json, self._last = True, None
        return Outcome(list(self._read_json(value, origin)), origin.source)

    def _read_json(self, value: object, origin: Origin) -> Iterator[Reading]:
        if isinstance(value, list):
            for item in value:
                yield from self.read_value(item, origin).readings
        elif not isinstance(value, Mapping):
            yield Rejected("wrong_shape", "a JSON value that is neither object nor array")
        elif (dialect := dialect_of(value)) is not None:
            self.formats[dialect.name] += 1
            yield from dialect.read(value)
        else:
            self.formats["json"] += 1
            yield from self.fields.read(value, origin)

    def read_row(self, values: Mapping[str, Any]) -> list[Reading]:
        """Return what a table's row holds; a cell may be a line, in wrappers of its own."""
        self.formats["table"] += 1
        readings = self.fields.read(values)
        row = readings[0]
        if not isinstance(row, Record) or not cells.holds_line(row):
            return readings
        line = self._read_cell(row)
        if line is None:
            return [cells.noted_where_cut(row), *readings[1:]]
        return [cells.within(line, row), *readings[1:]]

    def _read_cell(self, row: Record) -> Record | None:
        """Return the record of the line that a row's message is, None where it is not just one."""
        kept, self.split_lines = self.split_lines, SplitLines()
        habits = self.habits
        outcome = self.read_text((row.body or "").strip(), cells.origin_of(row))
        self.split_lines = kept
        self.habits = habits
        records = [reading for reading in outcome.readings if isinstance(reading, Record)]
        return records[0] if len(records) == len(outcome.readings) == 1 else None

    def _read_fields(
        self, entry: Format, found: dict[str, Any], text: str, origin: Origin
    ) -> Outcome:
        self._last, self._last_was_json = entry, False
        said = found.pop("@object", None) or found.get("message", "")
        if entry.free and (embedded := json_text.embedded_object(said)):
            found |= {key: item for key, item in embedded.items() if key not in found}
            found.setdefault(HEAD_KEY, said[: said.index('{"')].strip())
        self.formats[entry.name] += 1
        if _BODIES.isdisjoint(found):
            found["message"] = text
        return self.fields.outcome(found, origin, free=entry.free)

    def _read_headed(self, fields: dict[str, Any], message: str, origin: Origin) -> Outcome:
        """Read what stands below a syslog head; alone, the head and its message are the record."""
        self._last_was_headed = True
        clock = self._resolver.clock
        yearless = clock.yearless
        inner = origin_below(fields, origin, clock)
        arrival = inner.arrival
        if arrival is not None and message[:1] not in ("", " ", "\t"):
            kept = self._last
            outcome = self.read_text(message, inner)
            self._last, self._last_was_json = kept, False
            self._last_was_headed = True
            if outcome.unknown is None and outcome.piece is None:
                self.formats["syslog"] += 1
                return outcome._replace(source=origin.source, free=True)
        self.formats["syslog"] += 1
        clock.yearless = yearless  # the time of the head is read once more, and counted then
        found = {**fields, **fields_of_message(message)}
        found.setdefault("service", origin.service_name)
        if "PRIORITY" not in found and (level := leading_level(message)):
            found.setdefault("levelname", level)
        return self.fields.outcome(found, origin, free=True)

    def _read_embedded(self, text: str, origin: Origin) -> Outcome | None:
        """Read a JSON object that follows a prefix of unknown kind."""
        found = json_text.embedded_object(text)
        if found is None:
            return None
        before = self.formats.copy()
        words = text[: text.index('{"')].strip()
        if _BODIES.isdisjoint(found) and (level := leading_level(f"{words} ")):
            found = {"level": level, "message": words.partition(":")[2].strip()} | found
        outcome = self.read_value(found, origin)
        if any(isinstance(reading, Record) for reading in outcome.readings):
            return outcome
        self.formats = before
        return None

    def _read_layers(self, layers: Sequence[Layer]) -> Outcome:
        if len(layers) == 1:
            return self._read_layer(layers[0])
        return joined(self._read_layer(layer) for layer in layers)

    def _read_layer(self, layer: Layer) -> Outcome:
        if isinstance(layer.content, Mapping):
            outcome = self.read_value(layer.content, layer.origin)
            return outcome._replace(wrapped=True)
        source = layer.origin.source
        text = self.split_lines.join(layer.content, layer)
        if text is None:
            return Outcome(source=source, piece=Piece.PARTIAL)
        if not text.strip() and not layer.fields and text == layer.content:
            return Outcome(source=source, piece=Piece.BLANK)
        outcome = self._read_lines(text, layer.origin)
        if outcome.unknown is None:
            if layer.fields:
                self._add_told(outcome, layer)
            return outcome._replace(wrapped=True, source=source)
        alone = {**layer.fields, "message": text, **fields_of_message(text)}
        if not layer.fields and (level := leading_level(text)):
            alone.setdefault("levelname", level)
        readings = self.fields.read(alone, layer.origin)
        if isinstance(readings[0], Rejected):
            return outcome._replace(wrapped=True, source=source)
        self.formats["text"] += not outcome.unknown[:1].isspace()
        return outcome._replace(readings=readings, wrapped=True, source=source)

    def _read_lines(self, text: str, origin: Origin) -> Outcome:
        """Read a text of one line or more: the first is the record's, unless it opens JSON."""
        first, ended, more = text.partition("\n")
        if not ended or first[:1] in "{[":
            return self.read_text(text, origin)
        outcome = self.read_text(first, origin)
        records = [reading for reading in outcome.readings if isinstance(reading, Record)]
        if len(records) != 1:
            return self.read_text(text, origin)
        fold(records[0], more.split("\n"))
        return outcome

    def _add_told(self, outcome: Outcome, layer: Layer) -> None:
        """Let a layer say what a line within it did not: its level, and what it belongs to."""
        told = self.fields.read({**layer.fields, "message": ""}, layer.origin)[0]
        if not isinstance(told, Record):
            return
        for record in outcome.readings:
            if not isinstance(record, Record):
                continue
            if record.trace_id is None and told.trace_id is not None:
                record.trace_id = told.trace_id
                record.span_id = record.span_id or told.span_id
            if record.severity_text is None:
                record.severity_text = told.severity_text
                if record.status == UNSET and not record.stated:
                    record.status = told.status

    def _unknown(self, text: str, origin: Origin) -> Outcome:
        return Outcome([_NOT_KNOWN], origin.source, unknown=text)

    @property
    def habits(self) -> Habits:
        """What the lines so far let expect of the next; what is assigned is expected."""
        name = self._last.name if self._last is not None else ""
        return name, self._last_was_json, self._last_was_headed, self.split_lines.ends_lines

    @habits.setter
    def habits(self, told: Habits) -> None:
        name, self._last_was_json, self._last_was_headed, self.split_lines.ends_lines = told
        known = (*self._formats, TIMED)
        self._last = next((entry for entry in known if entry.name == name), None)

    @property
    def expects_rows(self) -> bool:
        """Tell whether the next line is a row of a table, if its form lets it be one."""
        free = self._last is None or self._last.free
        return bool(self.table.columns) and free and not self._last_was_headed

    @property
    def free_of_context(self) -> bool:
        """Tell whether a line means the same whatever headers stood before it."""
        return not self.table.columns

    @property
    def was_unknown(self) -> bool:
        """Tell whether lines were read by their times alone, before any was of a known form."""
        return self.formats[TIMED.name] > 0 and self._last is not TIMED

    @property
    def unfinished(self) -> int:
        """Return of how many sources a partial line waits for its end."""
        return len(self.split_lines)
