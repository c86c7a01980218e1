"""The command line: it parses, calls the library and prints; heavy imports stand in commands."""

from __future__ import annotations

from analyzer.cli.main import cli, main

__all__ = ["cli", "main"]
