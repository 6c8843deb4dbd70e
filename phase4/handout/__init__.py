"""One file that is the client of one server: python -m phase4.handout --host 192.168.1.20

`archive` makes it, after `vouching` has looked at the certificate that goes into it. In the file
are `entry`, with which it begins, `opened`, and what they import. `alert` and `entry` can be read
by any Python: an old one must be able to say that it is too old.
"""
