"""What starts servers to be measured. Asked by name, and by CI."""
