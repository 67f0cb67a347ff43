"""What an owner can ask for that takes a while: each operation is a list of tasks."""
