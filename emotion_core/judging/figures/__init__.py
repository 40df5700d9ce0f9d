"""Plotly figures of a model's results: they read results and compute nothing.

Backgrounds, letters and lines are left to the theme of the page, so that the figures look right on
a light one and on a dark one.
"""
