"""The HTTP process: bounces in, the operator's view out."""
