"""HTTP: health, metrics, webhooks."""
