"""Durable promises and the worker that keeps them."""
