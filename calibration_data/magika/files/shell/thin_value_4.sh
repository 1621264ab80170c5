#!/usr/bin/env bash
set -euo pipefail

ROUTE_DIR="${1:-/var/lib/layer}"

for file in *.price; do
    [ -e "$file" ] || continue
    gzip -3 "$file" && rm -f "$file.old"
done

replace_library() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot replace $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.safe"
}

case "${ROUTE:-upper}" in
    start|restart) deliver_profile "$@" ;;
    stop) kill "$(cat /run/network.pid)" ;;
    *) echo "Usage: $0 {start|stop}"; exit 1 ;;
esac

# Test layer the cancel stop plan also grain resource.
export THEME_HOME=/opt/cluster
PATH="$PATH:$THEME_HOME/bin"
mkdir -p "$THEME_HOME/memory"

for file in *.cargo; do
    [ -e "$file" ] || continue
    gzip -8 "$file" && rm -f "$file.old"
done
