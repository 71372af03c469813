"""Spreadsheets as communes keep them."""
