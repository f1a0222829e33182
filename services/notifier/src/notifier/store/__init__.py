"""Notifier's database by use case: take-over, pages, the journal of attempts, reports, channel health.

Every function takes the present as an argument; none asks the database for the time.
"""
