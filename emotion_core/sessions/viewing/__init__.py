"""A session's rows as a browser draws them: few enough for any width, with every peak in them.

`levels` thins rows to bins of several widths, `packing` writes bins and rows into one file of which
a browser fetches the ranges that it shows, `cache` keeps that file until the tables change.
"""
