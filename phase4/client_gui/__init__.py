"""The window client of phase 4, in parts: python -m phase4.client_gui

`settings`, `typing_aids`, `target` and `security` know no toolkit and are tested without a window.
`tabs` holds one conversation for each person, and `routing` says which line is shown in which.
`people`, `entry`, `bars`, `connect_page` and `chat_page` draw, with the parts of phase4/widgets/;
`app` ties them to the core of the client. All of Tk is touched by the main thread only: see `app`
for how.
"""
