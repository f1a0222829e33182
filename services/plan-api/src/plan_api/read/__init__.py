"""Views that join slices; SELECT only."""
