"""What is asked: one parametrized benchmark a row. How it is measured is in `fixtures`."""
