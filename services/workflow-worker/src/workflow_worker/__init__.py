"""Keeps the time: the supervision and delivery workflows."""
