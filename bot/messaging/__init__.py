"""Messages in and out: stored before they are confirmed, sent in order."""
