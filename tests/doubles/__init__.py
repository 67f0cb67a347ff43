"""Doubles: stand-ins for services that no package archive has. Never shipped, never called real."""
