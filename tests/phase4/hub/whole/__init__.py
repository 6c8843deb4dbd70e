"""What takes minutes: engines and servers that fail while people talk. Asked by name, and by CI."""
