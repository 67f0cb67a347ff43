"""tars-home: supervises a private AI stack on one machine."""
