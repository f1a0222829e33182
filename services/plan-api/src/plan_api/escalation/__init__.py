"""Escalation: policies, ladders, steps, batches and their hand-over."""
