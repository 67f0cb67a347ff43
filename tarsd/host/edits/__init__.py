"""Edits of the machine's own files that can be taken back: what stood there is kept before anything is changed."""
