"""What both windows are made of: the client's and the server's.

`colours`, `lines`, `shown`, `bidi`, `find` and `links` know no toolkit, and neither do `icon`,
`placement` and `system_look`: `opening`, `placing` and `following` bring those to a window.
`conversation` stands on `transcript`, which holds the lines, with `line_looks` for their tags, and
on `find_bar`, `context_menu` and `line_selection`. `theme` has the colours and fonts, `actions` and
`keys` the shortcuts, `soon` what is done in a moment, `pieces` what is small, `bars` what asks and
tells, and `scrolled` a page that may be higher than its window. All of Tk is touched by the main
thread only.
"""
