import { NodewrightError } from "../../base/mod.ts";
import { SshConnection } from "../../ssh/mod.ts";
import type { Machine } from "../inventory/mod.ts";
import type { OnApplyEvent } from "./event.ts";
import type { ApplyPorts } from "./ports.ts";
import { NodeSession } from "./session.ts";

/** How long a command waits for another one that works on the same node. */
const LOCK_WAIT_MS = 2_000;

/** Connects to a machine as root; writes nothing there. */
export async function connect(
  machine: Machine,
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
): Promise<SshConnection> {
  onEvent({ kind: "phase", node: machine.name, phase: "connect", text: "connecting" });
  const { executables, env, signal } = ports;
  return SshConnection.open(ports.target(machine), { executables, env, signal });
}

/** Sends nodewright where it is missing and begins the conversation; with `lock`, nobody else can change the node meanwhile. */
export async function beginSession(
  connection: SshConnection,
  options: { readonly node: string; readonly lock: boolean },
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
): Promise<NodeSession> {
  const { node } = options;
  const { machine, hasExecutable } = connection.greeting;
  if (!hasExecutable) {
    onEvent({ kind: "phase", node, phase: "send-nodewright", text: "sending nodewright" });
  }
  const executable = ports.executables.get(machine);
  if (executable === undefined) {
    throw new NodewrightError(
      "architecture",
      `Cannot run nodewright on a machine of type ${machine}`,
      {
        node,
      },
    );
  }
  const stream = await connection.start(executable, (sentBytes, totalBytes) =>
    onEvent({ kind: "bytes", node, sentBytes, totalBytes }),
  );
  const session = await NodeSession.open(node, stream);
  if (options.lock) {
    await session.request("lock", { holder: ports.holder, waitMs: LOCK_WAIT_MS });
  }
  return session;
}

/** Both in one; closes the connection where the session cannot begin. */
export async function openSession(
  machine: Machine,
  options: { readonly lock: boolean },
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
): Promise<NodeSession> {
  const connection = await connect(machine, ports, onEvent);
  try {
    return await beginSession(
      connection,
      { node: machine.name, lock: options.lock },
      ports,
      onEvent,
    );
  } catch (thrown) {
    await connection.close();
    throw thrown;
  }
}
