"""Results as text, as bench/RESULTS.md and as a picture."""

import os
import platform
import subprocess
from statistics import median

from bench.cases import CASES, CONNECTIONS, IDLE, SIZES_CONNECTIONS, SIZES_ROOMS, SIZES_SEATS, TARGETS
from bench.contenders import HERE, ROOMS, USERS, VISITS

# Limits of the single figures: (case, contender, figure, what, at most, unit, factor).
LIMITS = [
    ("hashing", "me beside logins", "p99", "p99 of /auth/me beside logins", 50, "ms", 1),
    ("idle", "idle", "octets", "an idle connection", 12, "KiB", 1 / 1024),
    ("idle", "idle", "octets, TLS", "an idle connection over TLS", 40, "KiB", 1 / 1024),
    ("idle", "idle", "start", "start to first answer", 200, "ms", 1000),
]
HANDSHAKES = "tls-handshake: full, of what a core can sign"
FIGURES = [("rate", "a second", 1), ("p50", "p50 ms", 1), ("p99", "p99 ms", 1), ("server cpu", "server µs", 1),
           ("cpu", "with PostgreSQL µs", 1), ("peak", "MiB", 2**-20)]  # fmt: skip


def middle(rounds, name):
    values = [each[name] for each in rounds if name in each]
    return median(values) if values else None


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(rounds):
    rates = [each["rate"] for each in rounds]
    return f"±{(max(rates) - min(rates)) / 2 / median(rates) * 100:.0f} %"


def table(results):
    """Rows of text: a heading, then one row a contender."""
    rows = [["", *(heading for _, heading, _ in FIGURES[:1]), "spread", *(h for _, h, _ in FIGURES[1:])]]
    for contender, rounds in results.items():
        cells = [
            number(None if middle(rounds, name) is None else middle(rounds, name) * factor)
            for name, _, factor in FIGURES
        ]
        rows.append([contender, cells[0], spread(rounds) if "rate" in rounds[0] else "", *cells[1:]])
    return rows


def print_case(name, results):
    print(f"\n{name}: {CASES[name].__doc__}")
    only = next(iter(results.values()))[0]
    if "rate" not in only:
        print("  " + ", ".join(f"{figure} {number(value)}" for figure, value in only.items()))
        return
    rows = table(results)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print(
            "  " + "  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        )


def ratios(results):
    """(what, ratio, target, met) of all that was measured."""
    found = []
    for case, one, other, target in TARGETS:
        if case in results:
            # Of each round its own: what slowed the machine then slowed both.
            pairs = zip(results[case][one], results[case][other], strict=True)
            ratio = median(a["rate"] / b["rate"] for a, b in pairs)
            found.append((f"{case}: {one} / {other}", ratio, target, ratio >= target))
    if "tls-handshake" in results:
        ratio = middle(results["tls-handshake"]["full"], "of one core")
        found.append((HANDSHAKES, ratio, 0.6, ratio >= 0.6))
    return found


def by_cpu(results):
    """{what: the same ratio by CPU a request}: on a machine that others load this says more than the clock."""
    found = {}
    for case, one, other, _ in TARGETS:
        if case in results:
            ours, theirs = (middle(results[case][name], "cpu") for name in (one, other))
            found[f"{case}: {one} / {other}"] = theirs / ours
    if "tls-handshake" in results:
        found[HANDSHAKES] = middle(results["tls-handshake"]["full"], "of one core, quiet")
    return found


def limits(results):
    for case, contender, figure, what, most, unit, factor in LIMITS:
        if case in results:
            value = middle(results[case][contender], figure) * factor
            yield what, value, most, unit, value < most


def print_ratios(results):
    print()
    cpu = by_cpu(results)
    for what, ratio, target, met in ratios(results):
        also = f", by CPU {cpu[what]:.2f}" if what in cpu else ""
        print(f"{what:50} {ratio:6.2f}  (at least {target}{'' if met else ': NOT MET'}{also})")
    for what, value, most, unit, met in limits(results):
        print(f"{what:50} {value:6.1f} {unit} (below {most}{'' if met else ': NOT MET'})")


def version(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines()[0]


def write_report(results, options, arena):
    cpu = by_cpu(results)
    lines = [
        "# What parley costs, beside others",
        "",
        "Written by `./dev bench`; do not edit. Ratios matter, not the figures: everybody ran on one machine in turns,",
        "together with what loaded them. Other work may have been going on: by the end the machine's load was",
        f"{os.getloadavg()[1]:.1f}, alone about {os.cpu_count() + 2}. Then the ratios by CPU (of server and",
        "PostgreSQL, theirs over ours) say more than those by the clock, which favour whoever runs more processes.",
        "",
        f"- {os.cpu_count()} cores for everything: load generator, server, PostgreSQL; {platform.system()} "
        f"{platform.release().split('-')[0]}",
        f"- {version(arena.cluster.bin / 'postgres', '--version')}, reached by all over the same transport: "
        f"{options.transport}. fsync is off, so that no disk is measured; "
        + ", ".join(f"{name} = {value}" for name, value in arena.settings.items()),
        f"- {USERS:,} users, {ROOMS:,} rooms, {VISITS:,} visits; requests are of all users in turns, each with a",
        "  token",
        f"- {options.rounds} rounds of {options.seconds} s, interleaved; medians, and half of the range as spread; wrk "
        f"with {CONNECTIONS} connections, pgbench -M prepared with {CONNECTIONS} clients. A request that fails",
        "  voids the run",
        f"- go: bench/peers/go ({os.environ.get('PARLEY_BENCH_GO', 'go')}, net/http, pgx with a pool",
        "  of 16, golang-jwt), with the same statement files; it writes no log",
        "- parley: the shipped binary with its defaults, its log of requests to a file, limits off",
        "",
        "![ratios](ratios.svg)",
        "",
        "| | ratio | by CPU a request | at least |",
        "|---|---:|---:|---:|",
        *(
            f"| {what} | {ratio:.2f}{'' if met else ' **not met**'} | {number(cpu.get(what))} | {target} |"
            for what, ratio, target, met in ratios(results)
        ),
        "",
        "| | | below |",
        "|---|---:|---:|",
        *(
            f"| {what} | {value:.1f} {unit}{'' if met else ' **not met**'} | {most} {unit} |"
            for what, value, most, unit, met in limits(results)
        ),
        "",
        "Columns below: requests a second; half of the range; latencies; microseconds of CPU a request, of the server",
        "and of server and PostgreSQL together; the most memory that all of the server's processes had, a page that n",
        "share counted n-th in each (PSS).",
    ]
    for name, found in results.items():
        lines += ["", f"## {name}", "", f"{CASES[name].__doc__}.", ""]
        if name == "idle":
            only = found["idle"][0]
            lines += [
                f"{IDLE:,} connections that have been served once: {only['octets']:,.0f} octets of the server's memory "
                f"each (PSS), {only['octets, TLS']:,.0f} over TLS, and {only['kernel']:,.0f} of the kernel's for both "
                f"ends; {only['idle cpu'] * 100:.1f} % of a core while nothing happens. From the start of the process "
                f"to the first answer of GET /auth/me: {only['start'] * 1000:.0f} ms."
            ]
            continue
        if name == "tls-handshake":
            lines += handshakes_text(found)
        rows = table(found)
        lines += ["| " + " | ".join(rows[0]) + " |", "|---|" + "---:|" * (len(rows[0]) - 1)]
        lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
        if name == "sizes":
            lines += ["", "![sizes](sizes.svg)"]
    (HERE / "RESULTS.md").write_text("\n".join(lines) + "\n")
    (HERE / "ratios.svg").write_text(bars(ratios(results)))
    if "sizes" in results:
        (HERE / "sizes.svg").write_text(curves(results["sizes"]))


def handshakes_text(found):
    full, go = found["full"], found["full, go"]
    return [
        "`openssl speed` says what a core signs in a second of its time: the ratio above is handshakes a second over",
        "that. Clients do almost as much work on the same cores; by CPU is what two cores would do with nothing else",
        "to do, the clients' share included. Of the CPU of all of the server's processes for a full handshake, the",
        f"signature itself is {middle(full, 'signature'):.2f} (go: {middle(go, 'signature'):.2f}); the rest is the key",
        f"exchange, the key schedule and the connection. A client takes {middle(full, 'client cpu'):.0f} µs for one.",
        "",
    ]


# --- pictures ---

STYLE = (
    "<style>text{font:13px sans-serif;fill:#333}.bar{fill:#3b6ea5}.low{fill:#b5523b}.target{stroke:#333;stroke-width:2}"
    ".axis{stroke:#bbb}.line{fill:none;stroke-width:2}</style>"
    '<rect width="100%" height="100%" fill="#fff"/>'
)


def svg(width, height, parts):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"{STYLE}{''.join(parts)}</svg>\n"
    )


def bars(rows):
    """One bar a ratio; a mark where it is to reach."""
    scale = 380 / max(max(ratio, target) for _, ratio, target, _ in rows)
    parts = []
    for i, (what, ratio, target, met) in enumerate(rows):
        y = 12 + i * 26
        parts.append(f'<text x="10" y="{y + 13}">{what}</text>')
        parts.append(
            f'<rect class="{"bar" if met else "low"}" x="300" y="{y}" width="{ratio * scale:.1f}" height="17"/>'
        )
        x = 300 + target * scale
        parts.append(f'<line class="target" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 3}" y2="{y + 20}"/>')
        parts.append(f'<text x="{306 + max(ratio, target) * scale:.1f}" y="{y + 13}">{ratio:.2f}</text>')
    return svg(760, 20 + 26 * len(rows), parts)


def curves(results):
    """How the rate changes with each size, as a share of the smallest's."""
    families = {
        "connections": [f"me, {n} connections" for n in SIZES_CONNECTIONS],
        "connections (go)": [f"me, {n} connections, go" for n in SIZES_CONNECTIONS],
        "rooms (first page)": [f"first page of {n} rooms" for n in SIZES_ROOMS],
        "seats (the room)": [f"room of {n} seats" for n in SIZES_SEATS],
        "seats (the list)": [f"participants of {n} seats" for n in SIZES_SEATS],
    }
    colours = ("#3b6ea5", "#999", "#b5523b", "#4f8a4f", "#8a5fa5")
    most = max(middle(results[name], "rate") for names in families.values() for name in names)
    parts = [
        '<line class="axis" x1="50" x2="50" y1="10" y2="250"/><line class="axis" x1="50" x2="500" y1="250" y2="250"/>'
    ]
    parts.append('<text x="55" y="268">smallest</text><text x="455" y="268">largest</text>')
    parts.append(f'<text x="55" y="20">{most:,.0f} a second</text>')
    for i, (family, names) in enumerate(families.items()):
        points = [
            (50 + 450 * at / (len(names) - 1), 250 - 235 * middle(results[name], "rate") / most)
            for at, name in enumerate(names)
        ]
        parts.append(
            f'<polyline class="line" stroke="{colours[i]}" points="{" ".join(f"{x:.0f},{y:.0f}" for x, y in points)}"/>'
        )
        y = 30 + 20 * i
        parts.append(f'<line class="line" stroke="{colours[i]}" x1="520" x2="545" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="552" y="{y + 4}">{family}: {", ".join(names_of(names))}</text>')
    return svg(800, 280, parts)


def names_of(names):
    return ["".join(c for c in name if c.isdigit()) for name in names]
