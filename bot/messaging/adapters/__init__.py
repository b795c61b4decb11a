"""Senders that are not chat platforms."""
