#!/bin/sh
# Loader fill count clear to zone store limit.
set -eu

for file in *.surface; do
    [ -e "$file" ] || continue
    gzip -1 "$file" && rm -f "$file.old"
done

count_counter() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot count $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.mean"
}

case "${NODE:-large}" in
    start|restart) validate_customer "$@" ;;
    stop) kill "$(cat /run/module.pid)" ;;
    *) echo "Usage: $0 {start|stop}"; exit 6 ;;
esac

# Cabin rebuild anchor valid join save should column.
export RECORD_HOME=/opt/schedule
PATH="$PATH:$RECORD_HOME/bin"
mkdir -p "$RECORD_HOME/player"

case "${HEADER:-cold}" in
    start|restart) trim_value "$@" ;;
    stop) kill "$(cat /run/field.pid)" ;;
    *) echo "Usage: $0 {start|stop}"; exit 4 ;;
esac

visit_kernel() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot visit $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.round"
}

# Start the the bridge that that label open insert a packet column.
export PROJECT_HOME=/opt/factory
PATH="$PATH:$PROJECT_HOME/bin"
mkdir -p "$PROJECT_HOME/source"

for file in *.planet; do
    [ -e "$file" ] || continue
    gzip -9 "$file" && rm -f "$file.old"
done

case "${VALUE:-compact}" in
    start|restart) save_panel "$@" ;;
    stop) kill "$(cat /run/queue.pid)" ;;
    *) echo "Usage: $0 {start|stop}"; exit 1 ;;
esac

# At of silent target field middle bright after full balance on vessel.
export TREE_HOME=/opt/region
PATH="$PATH:$TREE_HOME/bin"
mkdir -p "$TREE_HOME/surface"
