"""Other protocols into the same room: WebSocket, and the page that speaks it."""
