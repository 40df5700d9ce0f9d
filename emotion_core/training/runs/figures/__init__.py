"""Plotly figures of training runs: they read what runs have written and compute nothing."""
