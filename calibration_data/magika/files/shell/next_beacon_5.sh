compute_cabin() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot compute $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.fast"
}
