"""Services that know who people are."""
