"""Keeps the delivery: renders and sends notices."""
