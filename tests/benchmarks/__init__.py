"""Benchmarks: the whole installation on this machine, measured from outside as the issue of the core asks."""
