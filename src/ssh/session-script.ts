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
 * - `send ENCODING COUNT KEPT`: COUNT bytes follow, which go on behind the first KEPT bytes of what
 *   is there, then the line `sent`; `NONCE received` or `NONCE damaged`, or before that `NONCE full
 *   NEEDED FREE` (KiB) where they do not fit
 * - `start`: it becomes the node part; after `send` it does so by itself
 *
 * What has arrived counts encoded, but for zstd, which is decoded as it comes: its blocks are frames
 * of their own, so that decoding can go on at each of them.
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
whole() {
  [ "$(size "$new")" = "$bytes" ] || return 1
  [ -n "$checked" ] || [ "$(sha256 <"$new" | cut -c 1-64)" = "$digest" ]
}
if [ -x "$file" ] && [ "$(size "$file")" = "$bytes" ]; then
  echo "$nonce have $machine"
  read -r word
  [ "$word" = start ] || exit 0
  serve
fi
# What sessions have decoded carries their process id; the longest one is gone on from.
decoded= longest=0
for part in "$dir/.$digest.new".*; do
  if [ "$(size "$part")" -gt "$longest" ]; then decoded=$part longest=$(size "$part"); fi
done
offers="identity=$(size "$file.identity.partial") gzip=$(size "$file.gzip.partial")"
if command -v zstd >/dev/null 2>&1; then offers="zstd=$longest $offers"; fi
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
      new="$dir/.$digest.new.$$"
      checked=
      # In KiB: what is still to come and, where it is unpacked, the file that it becomes.
      case $first in
        identity) need=$(((second + 1023) / 1024)) ;;
        gzip) need=$(((second + bytes) / 1024 + 1)) ;;
        *) need=$((bytes / 1024 + 1)) ;;
      esac
      set -- $(df -Pk "$dir" | tail -n 1)
      if [ "$4" -lt "$need" ]; then
        echo "$nonce full $need $4"
        exit 0
      fi
      if [ "$first" = zstd ]; then
        # A copy: whoever decoded it may only seem to be gone.
        head -c "$third" "\${decoded:-/dev/null}" >"$new.part" || :
        mv "$new.part" "$new"
        # zstd checks what it unpacks by a sum of its own; what was there before needs another one.
        if head -c "$second" | { zstd -dc 2>/dev/null >>"$new" || { cat >/dev/null; false; }; }; then
          [ "$third" -gt 0 ] || checked=yes
        fi
      else
        head -c "$second" >>"$partial"
      fi
      # Without this the other side went away in the middle: the next one goes on from here.
      read -r word && [ "$word" = sent ] || exit 0
      trap 'rm -f "$new"' EXIT
      case $first in
        identity) mv "$partial" "$new" ;;
        gzip) gzip -dc <"$partial" >"$new" 2>/dev/null || : >"$new" ;;
      esac
      rm -f "$file".*.partial
      for part in "$dir/.$digest.new".*; do
        kill -0 "\${part##*.}" 2>/dev/null || rm -f "$part"
      done
      if ! whole; then
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
