/** Bytes of the trial by which the speed of the way to a node is measured. */
export const TRIAL_BYTES = 2 * 1024 * 1024;

/**
 * What runs on the node before nodewright is there: a few lines of POSIX shell, as root, given
 * as one argument (never built from user text). It says what is there, takes the executable if
 * it is not (resuming a part received earlier), checks it, and becomes `nodewright node serve`.
 *
 * Arguments: NONCE, then triples of a machine type (`uname -m`), the SHA-256 and the size of its
 * executable. It writes one line `NONCE have MACHINE`, `NONCE unsupported MACHINE` or `NONCE need
 * MACHINE ENCODING=RECEIVED_BYTES...` (what it can decode, the best first), then obeys lines:
 *
 * - `try COUNT`: COUNT bytes follow and are thrown away; `NONCE tried`
 * - `send ENCODING COUNT TOTAL`: COUNT bytes follow, the rest of TOTAL; `NONCE received` or
 *   `NONCE damaged`, or before that `NONCE full NEEDED FREE` (KiB) where they do not fit
 * - `start`: it becomes the node part; after `send` it does so by itself
 *
 * The finished file is not synced: what a power loss can leave of it has another size, and then
 * it is sent again.
 */
export const SESSION_SCRIPT = `
set -eu
umask 077
nonce=$1
shift
dir=/var/lib/nodewright/bin
machine=$(uname -m)
digest= bytes=
while [ $# -gt 2 ]; do
  if [ "$1" = "$machine" ]; then digest=$2 bytes=$3; fi
  shift 3
done
if [ -z "$digest" ]; then
  echo "$nonce unsupported $machine"
  exit 0
fi
file="$dir/$digest"
size() { stat -c %s "$1" 2>/dev/null || echo 0; }
sha256() {
  if command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r; else sha256sum; fi
}
# For a few seconds of work the optimizing compiler costs more than it gives.
serve() { BUN_JSC_useDFGJIT=0 exec "$file" node serve; }
# zstd checks what it unpacks by a sum of its own, as quickly as it unpacks.
whole() {
  [ "$(size "$new")" = "$bytes" ] || return 1
  [ "$1" = zstd ] || [ "$(sha256 <"$new" | cut -c 1-64)" = "$digest" ]
}
if [ -x "$file" ] && [ "$(size "$file")" = "$bytes" ]; then
  echo "$nonce have $machine"
  read -r word
  [ "$word" = start ] || exit 0
  serve
fi
offers="identity=$(size "$file.identity.partial") gzip=$(size "$file.gzip.partial")"
if command -v zstd >/dev/null 2>&1; then offers="zstd=$(size "$file.zstd.partial") $offers"; fi
echo "$nonce need $machine $offers"
while read -r word first second third; do
  case $word in
    try)
      head -c "$first" >/dev/null
      echo "$nonce tried"
      ;;
    send)
      mkdir -p "$dir"
      partial="$file.$first.partial"
      # In KiB: what is still to come and, where it is packed, the unpacked file beside it.
      need=$(((second + 1023) / 1024))
      [ "$first" = identity ] || need=$((need + bytes / 1024 + 1))
      set -- $(df -Pk "$dir" | tail -n 1)
      if [ "$4" -lt "$need" ]; then
        echo "$nonce full $need $4"
        exit 0
      fi
      head -c "$second" >>"$partial"
      # The other side went away in the middle: the next one goes on from here.
      [ "$(size "$partial")" -ge "$third" ] || exit 0
      new="$dir/.$digest.new.$$"
      trap 'rm -f "$new"' EXIT
      case $first in
        identity) mv "$partial" "$new" ;;
        *) "$first" -dc <"$partial" >"$new" 2>/dev/null || : >"$new" ;;
      esac
      rm -f "$file".*.partial
      if ! whole "$first"; then
        echo "$nonce damaged"
        exit 0
      fi
      chmod 0755 "$new"
      mv "$new" "$file"
      echo "$nonce received"
      serve
      ;;
    *) exit 0 ;;
  esac
done
`;
