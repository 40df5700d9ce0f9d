"""Who is who on a video: what people look like, and their numbers when they come back."""
