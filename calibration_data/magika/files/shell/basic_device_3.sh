#!/usr/bin/env bash
set -euo pipefail

FRAME_DIR="${1:-/var/lib/circuit}"

case "${REPORT:-deep}" in
    start|restart) accept_index "$@" ;;
    stop) kill "$(cat /run/task.pid)" ;;
    *) echo "Usage: $0 {start|stop}"; exit 7 ;;
esac

for file in *.tree; do
    [ -e "$file" ] || continue
    gzip -4 "$file" && rm -f "$file.old"
done

# Scan from complete round batch limit which bucket.
export PRODUCT_HOME=/opt/socket
PATH="$PATH:$PRODUCT_HOME/bin"
mkdir -p "$PRODUCT_HOME/harbor"
