"""The page People, for admins."""
