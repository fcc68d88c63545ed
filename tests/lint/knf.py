"""The house style of C, as far as a program can tell: `knf.py FILE...` lists what breaks it, `--write` mends.

clang-format knows no declarations aligned by tabs, so it is listened to for the indentation of lines alone.
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path

COLUMNS = 80
FUNCTION_LINES = 80
FILE_LINES = 600
DEPTH = 4
# A line that goes on, or a comment's: four columns or one more than a tab stop, or aligned with what it goes on.
CONTINUED = re.compile(r"\t*( {4}| )[^ ]|\t+[^\t]*$(?<=[^;{}:])")
TRAILING = re.compile(r"\s*/\*.*\*/$")


def formatted(path, text):
    """The text with clang-format's indentation."""
    command = ["clang-format", "--style=file", f"--assume-filename={path}"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    old, new = text.split("\n"), done.stdout.split("\n")
    squeezed = [["".join(line.split()) for line in lines] for lines in (old, new)]
    result = []
    for kind, i, j, k, _ in difflib.SequenceMatcher(None, *squeezed, autojunk=False).get_opcodes():
        if kind in ("replace", "delete"):
            result += [line.rstrip() for line in old[i:j]]
        elif kind == "equal":
            for mine, theirs in zip(old[i:j], new[k:], strict=False):
                result.append(merged(mine, theirs))
    return "\n".join(result)


def merged(mine, theirs):
    words = mine.strip()
    indent = theirs[: len(theirs) - len(theirs.lstrip())]
    if CONTINUED.match(mine):
        indent = mine[: len(mine) - len(mine.lstrip())]
    return indent + words if words else ""


def width(line):
    return len(line.expandtabs(8))


def complaints(path, text):
    """(line number, what is wrong) for what no program can mend."""
    lines = text.split("\n")
    if len(lines) > FILE_LINES:
        yield len(lines), f"a file of {len(lines)} lines, {FILE_LINES} at most"
    start = None
    for number, line in enumerate(lines, 1):
        if width(TRAILING.sub("", line)) > COLUMNS and '"' not in line:
            yield number, f"{width(line)} columns, {COLUMNS} at most"
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start - 1 > FUNCTION_LINES:
                yield start, f"a function of {number - start - 1} lines, {FUNCTION_LINES} at most"
            start = None
        elif start is not None and re.match(rf"\t{{{DEPTH + 1}}}(if|for|while|switch|do)\b", line):
            yield number, f"nested deeper than {DEPTH}"
        if re.search(r"\breturn [^(;]", line) and not line.lstrip().startswith(("*", "/*")) and '"' not in line:
            yield number, "return without parentheses"
        if re.match(r"\s*(\} else )?(if|for|while|switch)\(", line):
            yield number, "no blank before the parenthesis"


def main():
    write = "--write" in sys.argv
    wrong = 0
    for path in (a for a in sys.argv[1:] if a != "--write"):
        text = Path(path).read_text()
        better = formatted(path, text)
        if better != text and write:
            Path(path).write_text(better)
        elif better != text:
            wrong += 1
            for number, (a, b) in enumerate(zip(text.split("\n"), better.split("\n"), strict=False), 1):
                if a != b:
                    print(f"{path}:{number}: ./dev fmt would write: {b.strip() or '(nothing)'}")
                    break
        for number, what in complaints(path, better if write else text):
            wrong += 1
            print(f"{path}:{number}: {what}")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
