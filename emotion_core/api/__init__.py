"""The interface for other programs, under /api/v1: HTTP, described by an OpenAPI document.

``mounting`` is what the app imports; all else is loaded with the first request that is let in.
"""
