"""Who calls, what they may do, and the links sent to people."""
