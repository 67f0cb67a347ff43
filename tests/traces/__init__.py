"""Records what real Engines say of what is done to a stack: the traces that unit tests replay."""
