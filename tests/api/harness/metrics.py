"""GET /metrics as a client reads it: the text format of Prometheus, version 0.0.4."""

import re

LINE = re.compile(r"(\w+)(?:\{(.*)\})? (-?[0-9.]+)")
LABEL = re.compile(r'(\w+)="([^"\\\n]*)"(?:,|$)')


class Metrics:
    """The series of one answer."""

    def __init__(self, text):
        self.text = text
        self.types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
        self.help = dict(re.findall(r"^# HELP (\w+) (.+)$", text, re.M))
        self.series = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            name, labels, value = LINE.fullmatch(line).groups()
            pairs = LABEL.findall(labels or "")
            assert ",".join(f'{k}="{v}"' for k, v in pairs) == (labels or ""), line
            key = (name, frozenset(pairs))
            assert key not in self.series, line
            self.series[key] = float(value)

    def all(self, name, **labels):
        """{labels: value} of the series of that name which have these labels."""
        wanted = set(labels.items())
        return {dict_of(found): v for (n, found), v in self.series.items() if n == f"parley_{name}" and wanted <= found}

    def sum(self, name, **labels):
        return sum(self.all(name, **labels).values())


def dict_of(labels):
    return tuple(sorted(labels))


def scrape(http, **options):
    answer = http.get("/metrics", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(answer.text)
