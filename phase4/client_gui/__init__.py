"""The window client of phase 4, in parts: python -m phase4.client_gui

`settings`, `typing_aids`, `target` and `security` know no toolkit and are tested without a window.
`tabs` holds one conversation for each person, and `routing` says which line is shown in which.
`people`, `entry`, `connect_page` and `chat_page` draw, with the parts of phase4/widgets/;
`pages` shows one of the two pages. `inbox` brings the events of the client's thread into Tk's loop,
`memory` writes down what is to be remembered, and `app` ties all of it to the core of the client.
All of Tk is touched by the main thread only.
"""
