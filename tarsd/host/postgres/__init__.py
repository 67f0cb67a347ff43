"""PostgreSQL, spoken by hand: one way to sign in, for the probe that asks it and for whoever replaces its password."""
