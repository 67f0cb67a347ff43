"""What Prometheus is told: definitions, collectors, and the text that they become."""
