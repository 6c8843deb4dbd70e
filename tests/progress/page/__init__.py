"""The table of a class as one page for a browser: names down, phases and checks across.

`document` makes the page, from the tables of `summary` and `checks`; `file` keeps it where the
teacher opens it, while it fills. page.css and page.js are put into it: it needs nothing else.
"""
