"""Progress: counts that add up, armed steps, the operator's figures."""
