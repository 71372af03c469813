"""Yum Desktop: the records of the Youth Union where there is no connection."""
