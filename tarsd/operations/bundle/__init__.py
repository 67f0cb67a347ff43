"""The support bundle: what is collected, redacted, proved and packed, for a stranger to help with."""
