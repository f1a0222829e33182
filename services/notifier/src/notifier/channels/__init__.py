"""Ways to reach people: a tiny interface every channel has, and one folder per vendor."""
