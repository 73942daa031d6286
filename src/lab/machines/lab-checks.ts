import type { Lab, LabDeps } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { execInMachine } from "./machine.ts";

/** Opens a TCP connection to $0 port $1 by bash itself: the machines have no other tool for it. */
const CONNECT = 'exec 3<>"/dev/tcp/$0/$1"';

/**
 * Tries the lab's network for real: from the first machine to every other, and to this host. A
 * firewall of the host that stands between is named, because nothing else would tell.
 */
export async function checkLabNetwork(deps: LabDeps, lab: Lab): Promise<void> {
  const [first, ...others] = lab.machines;
  if (first === undefined) return;
  const connects = async (address: string, port: number): Promise<boolean> => {
    const argv = ["timeout", "5", "bash", "-c", CONNECT, address, String(port)];
    return (await execInMachine(deps, first, argv, { allowFailure: true })).exitCode === 0;
  };
  for (const other of others) {
    if (await connects(other.address, 22)) continue;
    throw new LabError("host-unfit", `Cannot connect from ${first.name} to ${other.name}`, {
      detail: `A firewall of this host drops what passes over the bridge "${lab.bridge}"`,
      fix: `Accept forwarding from "${lab.bridge}" to "${lab.bridge}" in it, and run "nodewright lab up" again`,
    });
  }
  const listener = Bun.listen({
    hostname: lab.jumpboxAddress,
    port: 0,
    socket: { open: (socket) => void socket.end(), data: () => {} },
  });
  try {
    if (await connects(lab.jumpboxAddress, listener.port)) return;
  } finally {
    listener.stop(true);
  }
  deps.report({
    kind: "warning",
    message: `A firewall of this host keeps the machines from connecting to it; accept input from "${lab.bridge}" where a control plane runs here`,
  });
}
