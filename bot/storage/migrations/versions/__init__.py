"""The numbered versions."""
