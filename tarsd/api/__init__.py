"""HTTP over the Unix socket: one route table is the source of routing, access, validation and OpenAPI."""
