"""A relay between clients and a server: python -m phase4.relay"""
