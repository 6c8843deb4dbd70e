"""The server's window, in parts: python -m phase4.server_gui

`child` runs the server, in a process of its own. `feed` takes what it has to tell and never makes
it wait; `reports` are the lines that go to the window. `process` is that process as the window sees
it, and `form` is what the fields stand for; neither needs a toolkit. `people_table`, `counts`,
`tls_form`, `questions` and `page` draw, with phase4/widgets/; `app` ties everything together. Only
the window's main thread touches Tk.
"""
