"""Lines that a container's log was cut into, joined by the stream they came by."""

from __future__ import annotations

from analyzer.ingest.formats.layer import Layer

DOCKER_PIECE = 16_000
"""A text longer than this may be cut, though its end is not marked."""

MAX_PIECES = 1_000
"""Of more pieces than this none is kept: the end of such a line never comes."""


class SplitLines:
    """The pieces that wait for their line's end; `ends_lines` once any line had a line feed."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[str]] = {}
        self.ends_lines = False

    def __len__(self) -> int:
        """Return of how many streams a piece waits."""
        return len(self._pieces)

    def join(self, text: str, layer: Layer) -> str | None:
        """Return the text of a layer with the pieces before it, None where it is not the last."""
        source = layer.origin.source
        self.ends_lines |= layer.ended
        # Docker cuts at 16 KiB; where no line ever ends in a line feed, none was cut.
        cut = layer.cut or self.ends_lines or len(text) > DOCKER_PIECE
        if not layer.whole and cut:
            waiting = self._pieces.setdefault(source, [])
            waiting.append(text)
            if len(waiting) >= MAX_PIECES:
                del self._pieces[source]
            return None
        return "".join([*self._pieces.pop(source, ()), text])
