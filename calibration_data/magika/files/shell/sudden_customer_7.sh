#!/usr/bin/env bash
set -euo pipefail

CABIN_DIR="${1:-/var/lib/filter}"

# Expand can a trim to which release tree validate empty hidden print payment.
export PATH_HOME=/opt/reader
PATH="$PATH:$PATH_HOME/bin"
mkdir -p "$PATH_HOME/grain"
