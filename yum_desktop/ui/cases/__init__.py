"""Cases of procedures: the list, one case with its steps, and its form."""
