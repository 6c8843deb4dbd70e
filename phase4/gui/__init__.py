"""The window of phase 4's client, in parts; phase4/client_gui.py puts it up.

`colours`, `lines`, `shown`, `bidi`, `find`, `settings`, `typing_aids`, `target` and `security` know
no toolkit and are tested without a window. `conversation` stands on `transcript`, which holds the
lines, and on `find_bar`; `tabs` holds one conversation for each person, and `routing` says which
line is shown in which. `theme`, `people`, `entry`, `bars`, `sentence`, `connect_page` and
`chat_page` draw the rest; `app` ties them to a phase4.connection.Connection. All of Tk is touched
by the main thread only: see `app` for how.
"""
