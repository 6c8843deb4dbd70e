"""What lies between a socket and the chat: TLS, whom to trust, and the PROXY header.

For the server, the relay and the clients. It knows nothing of the chat.
"""
