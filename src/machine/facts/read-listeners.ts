import type { FileTree } from "./file-tree.ts";
import type { Listener } from "./node-facts.ts";
import { type ListeningSocket, parseTcpTable } from "./parse-tcp.ts";

/** TCP sockets that listen, with their processes, sorted by port; as `ss -ltnp`. */
export function readListeners(tree: FileTree): readonly Listener[] {
  const sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    parseTcpTable(tree.text(file) ?? ""),
  );
  const owners = findOwners(tree, sockets);
  return sockets
    .map(({ port, address, inode }) => ({ port, address, process: owners.get(inode) ?? null }))
    .sort((a, b) => a.port - b.port || a.address.localeCompare(b.address));
}

/** Looks through the descriptors of all processes until every socket's owner is found. */
function findOwners(
  tree: FileTree,
  sockets: readonly ListeningSocket[],
): ReadonlyMap<string, { readonly pid: number; readonly name: string }> {
  const wanted = new Set(sockets.map((socket) => socket.inode));
  const owners = new Map<string, { pid: number; name: string }>();
  for (const pid of tree.names("/proc")) {
    if (wanted.size === 0) break;
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of tree.names(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(tree.target(`/proc/${pid}/fd/${fd}`) ?? "")?.[1];
      if (inode === undefined || !wanted.delete(inode)) continue;
      owners.set(inode, { pid: Number(pid), name: tree.word(`/proc/${pid}/comm`) ?? "" });
    }
  }
  return owners;
}
