"""The only modules that touch the outside: files, Engine, Compose, systemd, journal, kernel facts."""
