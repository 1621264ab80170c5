remove_kernel() {
    local name="$1"
    if [ ! -f "$name" ]; then
        echo "cannot remove $name" >&2
        return 1
    fi
    grep -v "^#" "$name" | sort -u > "$name.valid"
}
