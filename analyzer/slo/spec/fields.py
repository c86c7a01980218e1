"""A cursor over a node that reads typed fields and logs what is wrong with them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from analyzer.slo.spec.refusals import Refusal, RefusalLog
from analyzer.slo.spec.source import Mapping, Node, Scalar, Sequence

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
MAX_LABEL = 63
MAX_DESCRIPTION = 1050


@dataclass(frozen=True, slots=True)
class Field:
    """A value in a file: its node, its property path, and the object it belongs to.

    Readers return None after logging a refusal: reading goes on, nothing is lost.
    """

    log: RefusalLog
    file: str
    object: str
    path: str
    node: Node

    def refuse(self, reason: str, way_out: str) -> None:
        self.log.add(
            Refusal(
                self.file,
                self.node.line,
                self.node.column,
                self.object,
                self.path,
                reason,
                way_out,
            )
        )

    def named(self, label: str) -> Field:
        """The same field with its object's name now known."""
        return replace(self, object=label)

    def text(self) -> str | None:
        """The scalar as written; numbers and times are taken as text where text is wanted."""
        if isinstance(self.node, Scalar) and self.node.kind != "null":
            return self.node.text
        self.refuse("must be text", "write a single value here")
        return None

    def filled(self) -> str | None:
        text = self.text()
        if text is not None and not text.strip():
            self.refuse("must not be empty", "write a value or leave the field out")
            return None
        return text

    def number(self) -> Fraction | None:
        """The exact decimal value."""
        if isinstance(self.node, Scalar) and self.node.kind == "number":
            return Fraction(self.node.text)
        shown = f"is {self.node.text!r}" if isinstance(self.node, Scalar) else "is not a scalar"
        self.refuse(f"must be a number, {shown}", "write it plain, without quotes or units")
        return None

    def boolean(self) -> bool | None:
        if isinstance(self.node, Scalar) and self.node.kind == "bool":
            return self.node.text.lower() == "true"
        self.refuse("must be true or false", "write true or false without quotes")
        return None

    def choice(self, allowed: Collection[str]) -> str | None:
        text = self.text()
        if text is None or text in allowed:
            return text
        listed = ", ".join(allowed)
        self.refuse(f"must be one of {listed}, is {text!r}", _suggest(text, allowed))
        return None

    def label(self) -> str | None:
        """An RFC 1123 label of at most 63 characters."""
        text = self.text()
        if text is None:
            return None
        if len(text) > MAX_LABEL or not LABEL.match(text):
            self.refuse(
                f"must be an RFC 1123 label of at most {MAX_LABEL} characters, is {text!r}",
                "use lower case letters, digits and '-', with a letter or digit at both ends",
            )
            return None
        return text

    def description(self) -> str | None:
        text = self.text()
        if text is not None and len(text) > MAX_DESCRIPTION:
            self.refuse(
                f"has {len(text)} characters, at most {MAX_DESCRIPTION} are allowed",
                "shorten it and link to the long form",
            )
            return None
        return text

    def items(self) -> list[Field]:
        if isinstance(self.node, Sequence):
            return [
                replace(self, path=f"{self.path}[{index}]", node=node)
                for index, node in enumerate(self.node.items)
            ]
        self.refuse("must be a list", "start each entry with '- '")
        return []

    def fields(self, known: Collection[str] | None = None) -> Fields | None:
        """The mapping's fields; keys outside `known` (None: any key) are refused."""
        if not isinstance(self.node, Mapping):
            self.refuse("must be a mapping of fields", "write 'name: value' lines here")
            return None
        for key, line, column in self.node.doubled:
            self._refuse_key(key, line, column, "is given twice", "keep one of the two")
        for key, entry in self.node.entries.items():
            if known is not None and key not in known:
                way_out = _suggest(key, known)
                self._refuse_key(key, entry.line, entry.column, "is an unknown field", way_out)
        return Fields(self, self.node)

    def _refuse_key(self, key: str, line: int, column: int, reason: str, way_out: str) -> None:
        path = f"{self.path}.{key}" if self.path else key
        refusal = Refusal(self.file, line, column, self.object, path, reason, way_out)
        self.log.add(refusal)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one mapping."""

    owner: Field
    node: Mapping

    def get(self, key: str) -> Field | None:
        """The field, or None where it is absent or null."""
        entry = self.node.entries.get(key)
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.kind == "null"):
            return None
        path = f"{self.owner.path}.{key}" if self.owner.path else key
        return replace(self.owner, path=path, node=entry.value)

    def require(self, key: str, way_out: str) -> Field | None:
        field = self.get(key)
        if field is None:
            path = f"{self.owner.path}.{key}" if self.owner.path else key
            entry = self.node.entries.get(key)
            place = self.node if entry is None else entry.value
            at = replace(self.owner, path=path, node=place)
            at.refuse("is required", way_out)
        return field

    def keys(self) -> list[str]:
        return list(self.node.entries)

    def refuse(self, reason: str, way_out: str) -> None:
        self.owner.refuse(reason, way_out)


def _suggest(word: str, allowed: Collection[str]) -> str:
    close = difflib.get_close_matches(word, allowed, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"allowed here: {', '.join(sorted(allowed))}"
