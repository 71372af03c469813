"""Replicates records of declared kinds in a tree of units; knows nothing of what the records mean."""
