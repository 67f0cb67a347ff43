"""What changes lock, and which of these locks meet."""

STACK = "stack"
"""The lock for the stack's shape: conflicts with every other lock, but for those of models."""

MODEL = "model:"
"""How the lock of one model begins. It conflicts with itself only: a pull may take hours, in which the stack is still to
be installed, stopped and mended; where its server goes away meanwhile, it is tried again."""


def meet(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether these two sets of locks exclude each other."""
    of_model = any(lock.startswith(MODEL) for lock in one | other)
    return bool(one & other) or (not of_model and STACK in one | other)
