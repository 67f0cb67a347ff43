"""The LAN listener: TLS, a door that looks at names before it looks at passwords, and a table of routes that only look."""
