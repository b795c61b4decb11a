"""Schema versions, applied by `linguaflex migrate`."""
