"""What tests stand on: a database of their own, a real engine under a scenario clock, the whole cascade at once."""
