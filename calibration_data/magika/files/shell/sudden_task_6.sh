#!/usr/bin/env bash
set -euo pipefail

MARGIN_DIR="${1:-/var/lib/signal}"

case "${PATTERN:-sudden}" in
    start|restart) rebuild_channel "$@" ;;
    stop) kill "$(cat /run/scale.pid)" ;;
    *) echo "Usage: $0 {start|stop}"; exit 5 ;;
esac

search_vector() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot search $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.daily"
}

for file in *.forecast; do
    [ -e "$file" ] || continue
    gzip -5 "$file" && rm -f "$file.old"
done

# Are rebuild signal compare plan bright sketch this margin.
export EVENT_HOME=/opt/panel
PATH="$PATH:$EVENT_HOME/bin"
mkdir -p "$EVENT_HOME/value"

case "${ZONE:-full}" in
    start|restart) refresh_field "$@" ;;
    stop) kill "$(cat /run/ledger.pid)" ;;
    *) echo "Usage: $0 {start|stop}"; exit 2 ;;
esac

for file in *.surface; do
    [ -e "$file" ] || continue
    gzip -8 "$file" && rm -f "$file.old"
done

# Which remove annual reader sensor cargo every engine normalize the close profile.
export REPORT_HOME=/opt/project
PATH="$PATH:$REPORT_HOME/bin"
mkdir -p "$REPORT_HOME/river"

render_pixel() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot render $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.main"
}

# Late dry after profile valid depot.
export PROBE_HOME=/opt/layer
PATH="$PATH:$PROBE_HOME/bin"
mkdir -p "$PROBE_HOME/panel"

compute_rate() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot compute $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.deep"
}
