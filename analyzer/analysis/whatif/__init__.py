"""What merging services would bring: traces rewritten, risks counted, steps put in order."""
