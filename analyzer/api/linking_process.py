"""The program that links parts of the spans for the process that started it."""

from __future__ import annotations

from analyzer.api.linked import linked_part
from analyzer.ingest.worker import serve_jobs

if __name__ == "__main__":
    serve_jobs(linked_part)
