"""How good a model is on one split of a dataset: everything the page Evaluate and its report show.

``answers`` collects what a model says, ``judgement`` holds every figure of it; the other modules
look closer: curves, FER+ votes, robustness, comparison, explanation, speed, report.
"""
