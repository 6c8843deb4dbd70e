"""The one in the middle, before and after TLS: python -m phase4.eavesdropper"""
