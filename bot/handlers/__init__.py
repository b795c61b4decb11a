"""Translators between chat platforms and our terms."""
