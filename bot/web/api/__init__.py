"""The same services as the chat's, over HTTP with JSON, for people's own programs."""
