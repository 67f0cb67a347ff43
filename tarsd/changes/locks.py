"""What changes lock, and which of these locks meet."""

STACK = "stack"
"""The lock for the stack's shape: conflicts with every other lock, but for those of models and bundles."""

MODEL = "model:"
"""How the lock of one model begins. It conflicts with itself only: a pull may take hours, in which the stack is still to
be installed, stopped and mended; where its server goes away meanwhile, it is tried again."""


BUNDLE = "bundle"
"""The lock of a support bundle: it conflicts with itself only, for it is most wanted while something goes wrong."""


def meet(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether these two sets of locks exclude each other."""
    apart = any(lock.startswith(MODEL) or lock == BUNDLE for lock in one | other)
    return bool(one & other) or (not apart and STACK in one | other)
