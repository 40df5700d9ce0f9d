"""Who may use the interface for other programs: tokens, what each may do, and how much."""
