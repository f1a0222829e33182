"""Report forms: frozen with their round, filled in, written to and read from spreadsheets."""
