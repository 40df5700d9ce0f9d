"""Judgements as figures and as one HTML page."""
