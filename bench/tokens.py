"""Tokens of bots that do not exist; apart from the servers, so that bots load these alone."""

TELEGRAM = "1234567:bench-bench-bench-bench-bench-bench"
DISCORD = "MTE1.bench0.bench-bench-bench-bench-bench"
