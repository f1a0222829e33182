"""The log of notices: what was sent to whom about what, what became of it, and sending it again."""
