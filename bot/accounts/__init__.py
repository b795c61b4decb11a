"""People, their identities on platforms, their profiles and consents."""
