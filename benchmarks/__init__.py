"""What things cost: ratios within one run."""
