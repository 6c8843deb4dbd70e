"""How chat.pyz begins. Any Python since 2.7 can read this file; one before 3.11 ends here."""

import os
import sys

NEEDED = (3, 11)


def main():
    # type: () -> None
    """Open the chat, or say in a sentence that this Python is too old for it."""
    if sys.version_info >= NEEDED:
        from phase4.handout import opened

        opened.main()
    from phase4.handout.alert import alert

    name = os.path.basename(sys.argv[0])
    this = ".".join(str(number) for number in sys.version_info[:3])
    needed = ".".join(str(number) for number in NEEDED)
    what = name + " needs Python " + needed + " or later, and this is Python " + this + ". "
    alert(what + "A newer one is at https://www.python.org/downloads/", name)
    sys.exit(2)


if __name__ == "__main__":
    main()
