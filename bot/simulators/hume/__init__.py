"""Hume's speech-to-speech service (EVI) on loopback: its wire protocol around a given brain."""
