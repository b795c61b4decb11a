"""Servers that speak the vendors' wire protocols on loopback."""
