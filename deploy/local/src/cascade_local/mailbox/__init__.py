"""A local mail server: takes every mail, writes it as an .eml file and shows it on a page. Never sends anything on."""
