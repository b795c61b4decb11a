"""Guided conversations, commands, and the way from an inbox row to an answer."""
