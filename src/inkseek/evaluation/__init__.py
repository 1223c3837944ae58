"""Ranks of the relevant photos, metrics under a named protocol, and the report with protocol, data and model."""
