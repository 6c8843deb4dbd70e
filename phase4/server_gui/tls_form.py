"""The part of the form that is about TLS: two files, a port, and then the fingerprint.

Main thread only. It is hidden until the operator wants TLS; `page` has the box to tick.
"""

import importlib.util
import os
import tkinter as tk
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tkinter import filedialog, ttk
from typing import Literal

from phase4 import certificate
from phase4.server_gui.button import new_button
from phase4.server_gui.form import FILES, TLS_FIELDS
from phase4.transport.fingerprints import in_groups
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.sentence import Sentence
from phase4.widgets.theme import Theme

HINT = (
    "TLS port empty: the port above speaks TLS only. "
    "A number: TLS is there, and the port above stays unencrypted."
)

_UNDERLINED = {"tls_cert": 0, "tls_key": 0, "tls_port": 1}

PEM = (("Certificates and keys", "*.pem *.crt *.cer *.key"), ("All files", "*"))

NEW_CERTIFICATE, NEW_KEY = "chat-cert.pem", "chat-key.pem"
"""As `python -m phase4.certificate` calls them."""


class TlsForm(ttk.Frame):
    """Its `fields` have the names of the server's options. `start()` is called at Return."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        *,
        start: Callable[[], object],
        fail: Callable[[str, str], object],
    ) -> None:
        """`fail(sentence, field)` is called where no certificate can be made."""
        super().__init__(parent)
        self._theme = theme
        self._fail = fail
        self.fields: dict[str, ttk.Entry] = {}
        self._labels: dict[str, ttk.Label] = {}
        self._choose: dict[str, ttk.Button] = {}
        for name, text in TLS_FIELDS.items():
            self._add_field(name, text, start)
        below = self._below = ttk.Frame(self)
        self.make_button = new_button(below, "Make a certificate", self._make, underline=1)
        self.copy_button = new_button(below, "Copy", self.copy_fingerprint, underline=3)
        self._hint = ttk.Label(below, text=HINT, style="Muted.TLabel")
        self.fingerprint = Sentence(below, theme, theme.small)
        self._fingerprint = ""
        self._lay_out()
        theme.on_change(self._restyle)

    def set_state(self, state: Literal["normal", "disabled"]) -> None:
        """Whether anything can be changed: "normal" or "disabled"."""
        for field in self.fields.values():
            field.configure(state=state)
        for button in (*self._choose.values(), self.make_button):
            button.configure(state=state)

    def show_fingerprint(self, address: str, fingerprint: str) -> None:
        """Show what people compare. Where it is empty, the server does not run."""
        self._fingerprint = fingerprint
        self.fingerprint.say(
            f"Encrypted on {address}. The fingerprint, to read out to people or send another way:\n"
            f"{_to_compare(fingerprint)}"
            if fingerprint
            else ""
        )
        for part in (self.fingerprint, self.copy_button):
            _show(part, is_shown=bool(fingerprint))
        _show(self._hint, is_shown=not fingerprint)
        _show(self.make_button, is_shown=not fingerprint and _can_make())

    def copy_fingerprint(self) -> None:
        """Put the fingerprint on the clipboard, if there is one."""
        if self._fingerprint:
            self.clipboard_clear()
            self.clipboard_append(_to_compare(self._fingerprint))

    # --- files ------------------------------------------------------------------------------------

    def _ask_for_file(self, name: str) -> None:
        """Let a file be chosen. The rest of the window works on meanwhile, and may be closed."""
        field = self.fields[name]
        before = _path(field.get())
        try:
            chosen = filedialog.askopenfilename(
                parent=self, title=TLS_FIELDS[name], initialdir=before.parent, filetypes=PEM
            )
        except tk.TclError:
            if _is_gone(self):
                return
            raise
        if chosen:
            self._put(name, chosen)
            field.focus_set()

    def _make(self) -> None:
        """Make a certificate for this machine, in the files that the fields name, or new ones."""
        names = certificate.own_names()
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=certificate.DAYS)
        cert = _path(self.fields["tls_cert"].get() or NEW_CERTIFICATE)
        key = _path(self.fields["tls_key"].get() or NEW_KEY)
        for path, field in ((cert, "tls_cert"), (key, "tls_key")):
            if os.path.exists(
                path
            ):  # Path's own raises where a name is too long, or not ours to see
                self._put("tls_cert", str(cert))
                self._put("tls_key", str(key))
                self._fail(f"{path} is there already: use it, or give another name.", field)
                return
        try:
            made, secret, _ = certificate.make(names, until)
            certificate.write_both(cert, made, key, secret)
        except (certificate.CertificateError, ImportError) as error:
            self._fail(str(error), "tls_cert")
            return
        self._put("tls_cert", str(cert))
        self._put("tls_key", str(key))
        self._hint.configure(
            text=f"Made for {', '.join(map(str, names))}, until {until:%Y-%m-%d}. "
            f"{key} is secret: give it to nobody."
        )
        self.fields["tls_cert"].focus_set()

    def _put(self, name: str, value: str) -> None:
        self.fields[name].delete(0, "end")
        self.fields[name].insert(0, value)
        self.fields[name].xview("end")

    # --- building ---------------------------------------------------------------------------------

    def _add_field(self, name: str, text: str, start: Callable[[], object]) -> None:
        self._labels[name] = ttk.Label(
            self, text=text, style="Muted.TLabel", underline=_UNDERLINED[name]
        )
        field = ttk.Entry(self, width=7, font=self._theme.body)
        field.bind("<Return>", lambda _: start())
        bind_select_all(field)
        self.fields[name] = field
        if name in FILES:
            self._choose[name] = new_button(
                self, "Choose …", lambda: self._ask_for_file(name), underline=-1
            )

    def fit(self, width: int) -> None:
        """Put the fields beside each other, or each into a row where the width is too small."""
        parts = (*self.fields.values(), *self._choose.values())
        needed = sum(part.winfo_reqwidth() for part in parts) + 20 * self._theme.unit
        self._lay_out_fields(is_narrow=needed > width)

    def _lay_out_fields(self, *, is_narrow: bool) -> None:
        at = 0
        for row, (name, field) in enumerate(self.fields.items()):
            is_file = name in self._choose
            if is_narrow:
                self._labels[name].grid(row=row, column=0, sticky="w")
                field.grid(row=row, column=1, sticky="ew" if is_file else "w")
            else:
                self._labels[name].grid(row=0, column=at, sticky="w")
                field.grid(row=1, column=at, sticky="ew")
            self.columnconfigure(at, weight=int(at == 1 if is_narrow else is_file))
            if is_file:
                at += 1
                self.columnconfigure(at, weight=int(is_narrow and at == 1))
                self._choose[name].grid(row=row if is_narrow else 1, column=2 if is_narrow else at)
            at += 1
        self._below.grid(row=3, column=0, columnspan=at, sticky="ew")

    def _lay_out(self) -> None:
        self._lay_out_fields(is_narrow=False)
        self._below.columnconfigure(0, weight=1)
        for column, parts in enumerate(
            ((self.fingerprint, self._hint), (self.copy_button, self.make_button))
        ):
            for part in parts:
                part.grid(row=0, column=column, sticky="e" if column else "ew")
        self._below.bind("<Configure>", self._resized)
        self.show_fingerprint("", "")

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        taken = self.make_button.winfo_reqwidth() + 4 * self._theme.unit
        self._hint.configure(wraplength=max(100, event.width - taken))

    def _restyle(self) -> None:
        unit = self._theme.unit
        for name, field in self.fields.items():
            self._labels[name].grid_configure(padx=(0, 2 * unit))
            field.grid_configure(padx=(0, unit))
        for button in self._choose.values():
            button.grid_configure(padx=(0, 3 * unit))
        self.fields["tls_port"].grid_configure(padx=(0, 2 * unit))
        self._below.grid_configure(pady=(unit, 0), padx=(0, 2 * unit))


def _to_compare(fingerprint: str) -> str:
    return "\n".join(("SHA256", *in_groups(fingerprint)))


def _show(part: tk.Grid, *, is_shown: bool) -> None:
    (part.grid if is_shown else part.grid_remove)()


def _path(text: str) -> Path:
    return Path(os.path.expanduser(text.strip()))  # Path's own raises where there is no such user


def _is_gone(widget: tk.Misc) -> bool:
    """Whether the window was closed meanwhile, with everything in it."""
    try:
        return not widget.winfo_exists()
    except tk.TclError:  # the whole application
        return True


def _can_make() -> bool:
    """Whether the library that makes certificates is installed: it is an extra."""
    return importlib.util.find_spec("cryptography") is not None
