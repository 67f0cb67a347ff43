"""What the daemon tells: summary and journal."""
