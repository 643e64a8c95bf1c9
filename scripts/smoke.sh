#!/usr/bin/env bash
# Runs the lab once, and the tests of pure code, on Node 26, the newest release that is supported for long.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --no-audit --no-fund --loglevel=error node@26 >&2
node="$folder/node_modules/node/bin/node"
echo "smoke run on Node $("$node" --version)"
"$node" start.js lab --once --json > "$folder/lab.json"
count='JSON.parse(fs.readFileSync(process.argv[1], "utf8")).devices.length'
devices=$("$node" -p "$count" "$folder/lab.json")
echo "lab --once --json: $devices devices"
"$node" scripts/test/main.js --pure
