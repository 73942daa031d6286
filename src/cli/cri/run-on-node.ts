import { NodewrightError } from "../../base/mod.ts";
import { selectNodes } from "../../bootstrap/inventory/mod.ts";
import { asRoot, SshConnection, type SshTarget, sshArgv } from "../../ssh/mod.ts";
import type { CliContext } from "../context.ts";
import { openCluster } from "../open-cluster.ts";
import type { RemoteCri } from "./remote-command.ts";

/** Where a session leaves the executable on a node, under its SHA-256. */
const NODE_BIN = "/var/lib/nodewright/bin";

/**
 * Runs a `nodewright cri` command on a node with this process's streams; its exit code. The node
 * gets this very executable first, if it does not have it.
 */
export async function runOnNode(
  context: CliContext,
  node: string,
  remote: RemoteCri,
): Promise<number> {
  const { cluster, ports } = await openCluster(context, { update: false });
  const [machine] = selectNodes(cluster, [node]);
  if (machine === undefined) throw new NodewrightError("inventory", `Cannot find the node ${node}`);
  const target = ports.target(machine);
  const { executables, env, signal } = ports;
  const connection = await SshConnection.open(target, { executables, env, signal });
  const { machine: kind, hasExecutable } = connection.greeting;
  const executable = executables.get(kind);
  try {
    if (executable === undefined) {
      throw new NodewrightError(
        "architecture",
        `Cannot run nodewright on a machine of type ${kind}`,
        { node },
      );
    }
    if (!hasExecutable) {
      context.out.note(`sending nodewright to ${node}`);
      await (await connection.start(executable, () => {})).close();
    }
  } finally {
    await connection.close();
  }
  // Where there is no terminal here, ssh only complains of being asked for one.
  const tty = remote.tty && context.process.stdin.isTTY === true;
  const argv = remoteCommand(target, `${NODE_BIN}/${executable.digest}`, { ...remote, tty });
  const child = Bun.spawn(argv, {
    stdin:
      remote.stdinFile !== undefined
        ? Bun.file(remote.stdinFile)
        : remote.holdsStdin
          ? "pipe"
          : "inherit",
    stdout: "inherit",
    stderr: "inherit",
    env: { ...env },
    signal,
  });
  return child.exited;
}

/** The ssh command line that runs a `nodewright cri` command with the node's executable. */
export function remoteCommand(target: SshTarget, executable: string, remote: RemoteCri): string[] {
  const [ssh = "ssh", ...rest] = sshArgv(target, asRoot(target, [executable, ...remote.argv]), {
    tty: remote.tty,
  });
  const forwards = (remote.forwards ?? []).flatMap((forward) => ["-L", forward]);
  const isStrict = forwards.length === 0 ? [] : ["-o", "ExitOnForwardFailure=yes"];
  return [ssh, ...isStrict, ...forwards, ...rest];
}
