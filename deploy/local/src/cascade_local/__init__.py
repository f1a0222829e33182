"""Runs the whole of Thông Suốt on one machine: up, demo, sample data."""
