"""Meetings: where people meet, who was there and from when to when."""
