"""Where Chromium is."""

import shutil


def chromium():
    """The program, or None."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")
