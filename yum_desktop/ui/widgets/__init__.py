"""Widgets that more than one screen uses. Each takes its look from the theme."""
