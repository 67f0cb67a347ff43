"""The faults: each lives here once, as a check with its explanation and, where there is one, its remedy."""
