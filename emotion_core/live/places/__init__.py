"""Places: how many viewers this process serves at a time, who has one, and who waits for one.

`live_capacity` in `serving` tells all of it as figures, for pages and `/metrics`.
"""
