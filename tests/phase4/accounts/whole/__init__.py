"""What asks a real engine: accounts that several servers share. Asked by name, and by CI."""
