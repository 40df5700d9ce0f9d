"""Files of every form to arrays, and the cache of what was read."""
