#!/usr/bin/env bash
# What is asked of the two commands in a bare Debian; run by fresh.sh in there,
# from somewhere else than the checkout.
set -euo pipefail

HERE=$(realpath "$(dirname "$0")")
DEV=$HERE/../../dev
VAR=$HERE/../../var
export PORT=$((20000 + RANDOM % 5000)) TLS_PORT=$((25000 + RANDOM % 5000)) LIVEKIT_PORT=$((15000 + RANDOM % 4000))

step() { printf '  -- %s\n' "$*" >&2; }
die() {
	step "FAILED: $*"
	exit 1
}

client() {
	"$VAR/venv/bin/python" "$HERE/client.py" "$@" "http://127.0.0.1:$PORT" "https://localhost:$TLS_PORT"
}

start() {
	local i
	env --default-signal=INT "$DEV" run >"$VAR/run.log" 2>&1 &
	RUN=$!
	# LiveKit's server is built first, the first time.
	for ((i = 0; i < 9000; i++)); do
		! grep -q 'parley serves https' "$VAR/run.log" || return 0
		kill -0 "$RUN" 2>/dev/null || break
		sleep 0.1
	done
	cat "$VAR/run.log" >&2
	die "./dev run did not come up"
}

listens() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

stop() {
	local status=0 left
	kill "-$1" "$RUN"
	wait "$RUN" || status=$?
	[ "$status" = 0 ] || die "./dev run ended with $status after SIG$1: $(tail -n 5 "$VAR/run.log")"
	left=$(ps_left)
	[ -z "$left" ] || die "still running: $left"
}

# No procps in a bare Debian.
ps_left() {
	local dir
	for dir in /proc/[0-9]*; do
		tr '\0' ' ' <"$dir/cmdline" 2>/dev/null | grep -E '^(parley|postgres|[^ ]*/(parley|postgres|livekit-server) )' || true
	done
}

cd /
step build
"$DEV" build
"$HERE/../../build/parley/parley" version
step "test (a few)"
"$DEV" test tests/unit/test_units.py -q -k 'form or span or password'
step "run, register, log in, Ctrl-C"
start
client register
grep -q "LiveKit serves ws://127.0.0.1:$LIVEKIT_PORT" "$VAR/run.log" || die "no LiveKit: $(cat "$VAR/run.log")"
listens "$LIVEKIT_PORT" || die "LiveKit does not listen"
client call
[ "$(stat -c %a "$VAR/livekit/livekit.yaml")" = 600 ] || die "others can read LiveKit's secret"
stop INT
step "run again: nothing is installed, what was registered is there"
mkdir -p "$VAR/shim"
printf '#!/bin/sh\ntouch "%s/asked"\nexit 1\n' "$VAR" >"$VAR/shim/apt-get"
chmod +x "$VAR/shim/apt-get"
PATH=$VAR/shim:$PATH
start
client login
step "a second run at once, a port in use"
"$DEV" run >"$VAR/second.log" 2>&1 && die "a second run of the same folder started"
[ "$(wc -l <"$VAR/second.log")" = 1 ] || die "not one line: $(cat "$VAR/second.log")"
stop TERM
"$VAR/venv/bin/python" -m http.server --bind 127.0.0.1 "$PORT" >/dev/null 2>&1 &
OTHER=$!
for _ in $(seq 100); do
	! listens "$PORT" || break
	sleep 0.1
done
"$DEV" run >"$VAR/second.log" 2>&1 && die "it ran on a port in use"
kill "$OTHER"
grep -q "port $PORT is in use" "$VAR/second.log" || die "no word of the port: $(cat "$VAR/second.log")"
[ ! -e "$VAR/asked" ] || die "apt-get was asked although all is there"
step "a run that was killed"
start
kill -KILL "$RUN"
wait "$RUN" 2>/dev/null || true
sleep 2
start
client login
stop INT
step "LiveKit's port in use, no LiveKit to be had: everything else is served"
"$VAR/venv/bin/python" -m http.server --bind 127.0.0.1 "$LIVEKIT_PORT" >/dev/null 2>&1 &
OTHER=$!
for _ in $(seq 100); do
	! listens "$LIVEKIT_PORT" || break
	sleep 0.1
done
start
kill "$OTHER"
grep -q "port $LIVEKIT_PORT is in use: LiveKit is not started" "$VAR/run.log" || die "no word of it: $(cat "$VAR/run.log")"
client login
stop INT
printf '#!/bin/sh\nexit 1\n' >"$VAR/livekit/livekit-server"
start
grep -q "LiveKit does not run" "$VAR/run.log" || die "no word of it: $(cat "$VAR/run.log")"
client login
stop INT
step passed
