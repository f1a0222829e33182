"""The demo: one directive through the sample province within minutes, with units that answer like people do."""
