"""The program that reads files for the process that started it: jobs in, events out."""

from __future__ import annotations

from analyzer.ingest.reading import read_file
from analyzer.ingest.worker import serve_jobs

if __name__ == "__main__":
    serve_jobs(read_file)
