"""MarkdownV2 and the older Markdown of the Bot API to text and entities."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.shapes import Json

RESERVED = "_*[]()~`>#+-=|{}.!"
MARKS = {
    "__": "underline",
    "||": "spoiler",
    "*": "bold",
    "_": "italic",
    "~": "strikethrough",
}
LEGACY = re.compile(
    r"\\(?P<escaped>[_*`\[])"
    r"|```(?:(?P<language>\w+)\n)?(?P<pre>.*?)```"
    r"|`(?P<code>[^`]*)`"
    r"|\*(?P<bold>[^*]*)\*"
    r"|_(?P<italic>[^_]*)_"
    r"|\[(?P<label>[^\]]*)\]\((?P<url>[^)]*)\)"
    r"|(?P<open>[_*`])",
    re.DOTALL,
)
V2_LINK_END = re.compile(r"\]\((?P<url>(?:\\.|[^\\)])*)\)")


def parse_markdown(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities of legacy Markdown; 400 at a mark that nothing closes."""
    out = _Output()
    position = 0
    for match in LEGACY.finditer(source):
        out.add(source[position : match.start()])
        position = match.end()
        kind = match.lastgroup or "code"
        if kind == "open":
            where = len(source[: match.start()].encode())
            raise _cannot(f"Can't find end of the entity starting at byte offset {where}")
        if kind == "escaped":
            out.add(match["escaped"])
        elif kind == "url":
            out.entity("text_link", match["label"], url=match["url"])
        elif match["pre"] is not None:
            language = {"language": match["language"]} if match["language"] else {}
            out.entity("pre", match["pre"], **language)
        else:
            out.entity(kind, match[kind])
    out.add(source[position:])
    return "".join(out.pieces), out.entities


@dataclass(slots=True)
class _Output:
    """Text written so far, counted in UTF-16 code units."""

    pieces: list[str] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)
    offset: int = 0

    def add(self, text: str) -> None:
        self.pieces.append(text)
        self.offset += len(text) + sum(character > "\uffff" for character in text)

    def entity(self, kind: str, text: str, **more: str) -> None:
        start = self.offset
        self.add(text)
        if self.offset > start:
            self.entities.append(
                {"type": kind, "offset": start, "length": self.offset - start, **more}
            )


def parse_markdown_v2(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities of MarkdownV2; 400 at a reserved character left unescaped."""
    return _V2(source).run()


@dataclass(slots=True)
class _V2:
    """One pass over MarkdownV2 with a stack of open marks."""

    source: str
    position: int = 0
    out: _Output = field(default_factory=_Output)
    stack: list[tuple[str, Json, int]] = field(default_factory=list)

    def run(self) -> tuple[str, list[Json]]:
        while self.position < len(self.source):
            self._step()
        if self.stack:
            mark, entity, where = self.stack[-1]
            if mark != ">":
                raise _cannot(
                    f"Can't find end of {entity['type'].title()} entity at byte offset {where}"
                )
            self._close()
        entities = sorted(
            (e for e in self.out.entities if e["length"]),
            key=lambda e: (e["offset"], -e["length"]),
        )
        return "".join(self.out.pieces), entities

    def _step(self) -> None:
        rest = self.source[self.position :]
        character = rest[0]
        if character == "\\" and len(rest) > 1 and ord(rest[1]) < 127:
            self._write(rest[1], 2)
        elif character == "`":
            self._code(rest)
        elif character == "]" and self.stack and self.stack[-1][0] == "[":
            self._end_link()
        elif character == "[" or rest.startswith("!["):
            skipped = 1 if character == "[" else 2
            self._open("[", "text_link", skipped)
        elif mark := next((m for m in MARKS if rest.startswith(m)), None):
            self._toggle(mark)
        elif character == ">" and self._at_line_start():
            self._quote()
        elif character == "\n":
            self._line_end()
        elif character in RESERVED:
            raise _cannot(
                f"Character '{character}' is reserved and must be escaped with the preceding '\\'"
            )
        else:
            self._write(character, 1)

    def _write(self, text: str, consumed: int) -> None:
        self.out.add(text)
        self.position += consumed

    def _open(self, mark: str, kind: str, consumed: int) -> None:
        entity: Json = {"type": kind, "offset": self.out.offset, "length": 0}
        where = len(self.source[: self.position].encode())
        self.stack.append((mark, entity, where))
        self.position += consumed

    def _close(self) -> Json:
        _, entity, _ = self.stack.pop()
        entity["length"] = self.out.offset - entity["offset"]
        self.out.entities.append(entity)
        return entity

    def _toggle(self, mark: str) -> None:
        if self.stack and self.stack[-1][0] == mark:
            self._close()
            self.position += len(mark)
        else:
            self._open(mark, MARKS[mark], len(mark))

    def _code(self, rest: str) -> None:
        mark = "```" if rest.startswith("```") else "`"
        end = re.compile(r"(?<!\\)" + mark).search(rest, len(mark))
        where = len(self.source[: self.position].encode())
        if end is None:
            kind = "Pre" if mark == "```" else "Code"
            raise _cannot(f"Can't find end of {kind} entity at byte offset {where}")
        body = re.sub(r"\\(.)", r"\1", rest[len(mark) : end.start()])
        language = re.match(r"(\w+)\n", body) if mark == "```" else None
        if language is not None:
            self.out.entity("pre", body[language.end() :], language=language[1])
        else:
            self.out.entity("pre" if mark == "```" else "code", body)
        self.position += end.end()

    def _end_link(self) -> None:
        link = V2_LINK_END.match(self.source, self.position)
        self._close()["url"] = re.sub(r"\\(.)", r"\1", link["url"]) if link else ""
        self.position = link.end() if link else self.position + 1

    def _at_line_start(self) -> bool:
        return self.position == 0 or self.source[self.position - 1] == "\n"

    def _quote(self) -> None:
        if self.stack and self.stack[-1][0] == ">":
            self.position += 1
        else:
            self._open(">", "blockquote", 1)

    def _line_end(self) -> None:
        quoted = bool(self.stack) and self.stack[-1][0] == ">"
        if quoted and not self.source.startswith(">", self.position + 1):
            self._close()
        self._write("\n", 1)


def _cannot(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")
