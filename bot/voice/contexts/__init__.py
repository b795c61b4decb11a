"""Practice contexts: a file per language and context, `talk.toml` per language, their reader."""
