"""A double of Ollama: its HTTP interface and its command, with made-up models and no inference.

It exists because no package archive has Ollama. What it keeps is real (models survive a restart in
/root/.ollama), what it computes is not. Standard library only: it also runs inside an image.
"""

VERSION = "0.32.15"
"""The version of Ollama whose interface this answers like."""
