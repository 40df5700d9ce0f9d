"""What the operating system gives: files, folders, locks, native libraries."""
