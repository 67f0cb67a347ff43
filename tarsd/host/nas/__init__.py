"""The NAS: how its share is mounted, and what its refusals mean. Nothing in here touches a mount."""
