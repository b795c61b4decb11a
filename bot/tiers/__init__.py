"""What a person may use: subscriptions, entitlements, and what is left of them."""
