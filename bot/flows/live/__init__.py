"""Live conversations as people meet them: found, made, joined, changed and told of."""
