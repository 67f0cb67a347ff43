"""What the daemon is made of, constructed by subject; `app` puts the subjects together."""
