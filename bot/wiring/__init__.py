"""The parts of the composition root, each named for what it puts together."""
