"""A session taken away: tables, and what other programs for observing behaviour read.

`tables` has every row, as CSV, Parquet or ZIP, and `codebook` says what the columns mean. The
other files hold `annotations`, which are times with a name: `bids` for the tools of neuroimaging,
`elan` for ELAN, `webvtt` for video players. `report` is a page to read and print. `kinds` chooses
by a file's name, and `offered` says which of them there are for whoever only looks.
"""
