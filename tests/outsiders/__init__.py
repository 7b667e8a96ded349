"""Plain client loops in ten lines each, with none of our code: what the suite's figures must agree with."""
