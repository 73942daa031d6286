/** Bytes of the trial by which the speed of the way to a node is measured. */
export const TRIAL_BYTES = 2 * 1024 * 1024;

/**
 * What runs on the node before nodewright is there: a few lines of POSIX shell, as root, given
 * as one argument (never built from user text). It says what is there, takes the executable if
 * it is not (resuming a part received earlier), checks it, and becomes `nodewright node serve`.
 *
 * Arguments: NONCE, then triples of a machine type (`uname -m`), the SHA-256 and the size of its
 * executable. It writes one line `NONCE have MACHINE`, `NONCE unsupported MACHINE` or `NONCE need
 * MACHINE ENCODING=RECEIVED_BYTES...` (what it can decode, the best first; then `base=SHA256`, an
 * executable of another version that a patch may begin from), then obeys lines:
 *
 * - `try COUNT`: COUNT bytes follow and are thrown away; `NONCE tried`
 * - `send ENCODING COUNT KEPT`: COUNT bytes follow, which go on behind the first KEPT bytes of what
 *   is there, then the line `sent`; `NONCE received` or `NONCE damaged`, or before that `NONCE full
 *   NEEDED FREE` (KiB) where they do not fit
 *   With ENCODING `patch:SHA256` they are zstd's patch of that base to the executable
 * - `start`: it becomes the node part; after `send` it does so by itself
 *
 * Each session writes to files of its own, which carry its process id: two that send the same
 * executable at the same time do not disturb each other. What a lost connection has left is copied
 * by the next session, because its owner may only seem to be gone. It counts decoded, except for
 * gzip: zstd decodes as the bytes arrive, and can go on at each frame.
 *
 * The executable runs as root, so its digest is compared each time; `checked` remembers what
 * stat(1) said of the file when it was last compared. The finished file is not synced: a power loss
 * changes what stat says, or the digest.
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
stamp() { echo "$digest $(stat -c '%d %i %s %y %z' "$file")"; }
sha256() {
  if command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r; else sha256sum; fi
}
# For a few seconds of work the optimizing compiler costs more than it gives.
serve() {
  { stamp >"$dir/checked"; } 2>/dev/null || :
  BUN_JSC_useDFGJIT=0 exec "$file" node serve
}
whole() { [ "$(size "$1")" = "$bytes" ] && [ "$(sha256 <"$1" | cut -c 1-64)" = "$digest" ]; }
known() { [ "$(cat "$dir/checked" 2>/dev/null)" = "$(stamp)" ] || whole "$file"; }
if [ -x "$file" ] && known; then
  echo "$nonce have $machine"
  read -r word
  [ "$word" = start ] || exit 0
  serve
fi
# The longest file that sessions have left under a name.
longest() {
  part= length=0
  for one in "$1".*; do
    if [ "$(size "$one")" -gt "$length" ]; then part=$one length=$(size "$one"); fi
  done
}
packed="$dir/.$digest.gzip.new" plain="$dir/.$digest.new"
longest "$packed"
offers="gzip=$length"
longest "$plain"
offers="identity=$length $offers"
if command -v zstd >/dev/null 2>&1; then
  offers="zstd=$length $offers"
  if zstd -H 2>/dev/null | grep -q patch-from; then
    base=$(ls -t "$dir" 2>/dev/null | grep -xE '[0-9a-f]{64}' | head -n 1) || base=
    if [ -n "$base" ] && [ "$(sha256 <"$dir/$base" | cut -c 1-64)" = "$base" ]; then
      offers="$offers base=$base"
    fi
  fi
fi
echo "$nonce need $machine $offers"
while read -r word first second third; do
  case $word in
    try)
      head -c "$first" >/dev/null
      echo "$nonce tried"
      ;;
    send)
      mkdir -p "$dir"
      new="$plain.$$" checked=
      arrived=$new
      [ "$first" != gzip ] || { arrived="$packed.$$" && longest "$packed"; }
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
      head -c "$third" "\${part:-/dev/null}" >"$arrived.part" || :
      mv "$arrived.part" "$arrived"
      case $first in
        zstd) decode="zstd -dc" ;;
        # A window of the whole base: the patch says so, and zstd wants to be told that it may.
        patch:*) decode="zstd -dc --long=31 --patch-from=$dir/\${first#patch:}" ;;
        *) decode= ;;
      esac
      if [ -n "$decode" ]; then
        # zstd checks what it unpacks by a sum of its own; what was there before needs another one.
        if head -c "$second" | { $decode 2>/dev/null >>"$arrived" || { cat >/dev/null; false; }; }; then
          [ "$first" != zstd ] || [ "$third" -gt 0 ] || checked=yes
        fi
      else
        head -c "$second" >>"$arrived"
      fi
      # Without this the other side went away in the middle: the next one goes on from here.
      read -r word && [ "$word" = sent ] || exit 0
      trap 'rm -f "$new" "$arrived"' EXIT
      [ "$first" != gzip ] || gzip -dc <"$arrived" >"$new" 2>/dev/null || : >"$new"
      for one in "$packed".* "$plain".*; do
        owner=\${one%.part}
        kill -0 "\${owner##*.}" 2>/dev/null || rm -f "$one"
      done
      if [ "$(size "$new")" != "$bytes" ] || { [ -z "$checked" ] && ! whole "$new"; }; then
        echo "$nonce damaged"
        exit 0
      fi
      chmod 0755 "$new"
      mv "$new" "$file"
      rm -f "$arrived"
      echo "$nonce received"
      serve
      ;;
    *) exit 0 ;;
  esac
done
`;
