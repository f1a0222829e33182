"""Migrations of plan-api's database."""
