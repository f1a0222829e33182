"""Tasks of plans: who leads, by when, what derives from what, and how far it is."""
