"""Pictures of strangers: judged by their heads, and decoded in a process of its own."""
