"""Changes and their tasks: long operations with progress, undone or resumed, never forgotten."""
