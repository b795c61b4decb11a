"""Meeting providers."""
