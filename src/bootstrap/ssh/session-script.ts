/**
 * What runs on the node before nodewright is there: a few lines of POSIX shell, as root, given
 * as one argument (never built from user text). It says what is there, takes the executable if
 * it is not (resuming a part received earlier), checks it, and becomes `nodewright node serve`.
 *
 * Arguments: NONCE, DIGEST (SHA-256 of the executable).
 * It writes one line `NONCE have ARCH` or `NONCE need ARCH ENCODINGS GZIP_BYTES ZSTD_BYTES`,
 * then reads one line: `start`, `send ENCODING COUNT` (COUNT bytes follow) or nothing (end).
 * After `send` it writes `NONCE received` or `NONCE damaged` before going on.
 */
export const SESSION_SCRIPT = `
set -eu
umask 077
nonce=$1 digest=$2
dir=/var/lib/nodewright/bin
arch=$(uname -m)
if [ -x "$dir/$digest" ]; then
  echo "$nonce have $arch"
  read -r word
  [ "$word" = start ] || exit 0
  exec "$dir/$digest" node serve
fi
size() { stat -c %s "$dir/$digest.$1.partial" 2>/dev/null || echo 0; }
encodings=gzip
command -v zstd >/dev/null 2>&1 && encodings=zstd
echo "$nonce need $arch $encodings $(size gzip) $(size zstd)"
read -r word encoding count
[ "$word" = send ] || exit 0
mkdir -p "$dir"
partial="$dir/$digest.$encoding.partial"
head -c "$count" >>"$partial"
new="$dir/.$digest.new.$$"
trap 'rm -f "$new"' EXIT
if "$encoding" -dc <"$partial" >"$new" 2>/dev/null &&
  [ "$(sha256sum <"$new" | cut -c 1-64)" = "$digest" ]; then
  chmod 0755 "$new"
  sync "$new" 2>/dev/null || sync
  mv "$new" "$dir/$digest"
  rm -f "$dir/$digest".*.partial
else
  rm -f "$partial" "$new"
  echo "$nonce damaged"
  exit 0
fi
echo "$nonce received"
exec "$dir/$digest" node serve
`;
