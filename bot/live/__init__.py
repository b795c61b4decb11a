"""Live conversations: group meetings in which everybody gets to speak."""
