"""What people say about a session afterwards: who is who, what was wrong, when something happened.

Nothing of it changes the tables. Each edit is one more line of ``edits.jsonl`` in the session's
folder, and whoever reads a session reads its tables and then applies these lines in their order.
Without them, the session is as it was recorded.

`kinds` says what an edit can be, `log` writes and reads the file, `applying` what each edit does;
`read_edited` of `folding` is what every reader of a session calls. `persons` and `marks` make
edits; `mark_lists` reads marks from a CSV file; `ranges` reckons with times.
"""
