"""What takes long of the checks of the page's port. Asked by name, and by CI."""
