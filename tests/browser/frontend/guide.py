"""The code that frontend-guide.md shows, letter for letter."""

import re

from harness.secret import secret
from harness.server import ROOT
from markdown_it import MarkdownIt

GUIDE = ROOT.parent / "shared/frontend-guide.md"

# "The backend setup script creates a default test user".
USERNAME, PASSWORD, EMAIL = "testuser", secret("testpassword123"), "test@example.com"


def fences(text):
    """(heading, language, content) of every block of code."""
    heading, found = "", []
    tokens = MarkdownIt().parse(text)
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[index + 1].content
        elif token.type == "fence":
            found.append((heading, token.info, token.content))
    return found


def scripts(text):
    """{file name: content} of the JavaScript; a block's first line names its file."""
    named = {}
    for _, language, content in fences(text):
        name = re.match(r"// (\w+\.jsx?)\n", content)
        if language in ("javascript", "jsx") and name:
            named[name[1]] = content
    return named


def curl_commands(text):
    """The commands of "API Testing Commands", each with its comment, in their order."""
    (block,) = [content for heading, language, content in fences(text)
                if (heading, language) == ("API Testing Commands", "bash")]  # fmt: skip
    return block.strip().split("\n\n")
