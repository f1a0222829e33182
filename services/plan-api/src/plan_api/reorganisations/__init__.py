"""Reorganisations: merge, split, abolish, rename and move units while cascades run."""
