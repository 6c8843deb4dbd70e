"""The server's window, in parts: python -m phase4.server_gui

`child` runs the server, in a process of its own. `feed` takes what it has to tell and never makes
it wait; `reports` are the lines that go to the window. `process` is that process as the window sees
it, and knows no toolkit. `people_table`, `counts`, `tls_form` and `page` draw, with the parts of
phase4/widgets/; `app` ties them together. All of Tk is touched by the window's main thread only.
"""
