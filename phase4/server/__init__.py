"""The chat server: python -m phase4.server"""
