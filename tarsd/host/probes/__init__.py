"""Asks a service from outside, on its published port, whether it works; one module per protocol, no library for any."""
