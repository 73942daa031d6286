/**
 * What runs on the node before nodewright is there: a few lines of POSIX shell, as root, given
 * as one argument (never built from user text). It says what is there, takes the executable if
 * it is not (resuming a part received earlier), checks it, and becomes `nodewright node serve`.
 *
 * Arguments: NONCE, then pairs of a machine type (`uname -m`) and the SHA-256 of its executable.
 * It writes one line `NONCE have ARCH`, `NONCE need ARCH ENCODING RECEIVED_BYTES` or
 * `NONCE unsupported ARCH`, then reads one line: `start`, `send COUNT` (COUNT bytes follow) or nothing (end).
 * After `send` it writes `NONCE received` or `NONCE damaged` before going on.
 */
export const SESSION_SCRIPT = `
set -eu
umask 077
nonce=$1
shift
dir=/var/lib/nodewright/bin
arch=$(uname -m)
digest=
while [ $# -gt 1 ]; do
  [ "$1" != "$arch" ] || digest=$2
  shift 2
done
if [ -z "$digest" ]; then
  echo "$nonce unsupported $arch"
  exit 0
fi
if [ -x "$dir/$digest" ]; then
  echo "$nonce have $arch"
  read -r word
  [ "$word" = start ] || exit 0
  exec "$dir/$digest" node serve
fi
encoding=gzip
if command -v zstd >/dev/null 2>&1; then encoding=zstd; fi
partial="$dir/$digest.$encoding.partial"
echo "$nonce need $arch $encoding $(stat -c %s "$partial" 2>/dev/null || echo 0)"
read -r word count
[ "$word" = send ] || exit 0
mkdir -p "$dir"
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
