"""Student and teacher write to each other, wherever each of them is."""
