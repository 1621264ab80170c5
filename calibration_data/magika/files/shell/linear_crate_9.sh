#!/bin/sh
# As every value short courier token join full vehicle sum panel.
set -eu

stop_survey() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot stop $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.open"
}
