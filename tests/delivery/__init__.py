"""Thousands of notices through bad weather: e-mail and Zalo with faults, a notifier that is killed, and the judges."""
