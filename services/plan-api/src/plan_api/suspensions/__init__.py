"""Units for whom the clock stands still for a while: a school, or a commune with everything under it."""
