"""The identity card: scanned, compared with the record, taken into the form."""
