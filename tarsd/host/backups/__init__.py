"""What is kept of data before it is put at risk: dumps and copies in a directory of root's own."""
