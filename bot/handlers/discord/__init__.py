"""Discord: gateway events in, REST calls out."""
