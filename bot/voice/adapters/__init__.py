"""Voice engines and the audio codec."""
