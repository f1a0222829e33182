"""Scenario files and the player that performs them: a document's facts as data, a year under the scenario clock."""
