"""Kill what runs and look at what is left: an installation to hurt, a province at work in it, and books to check."""
