import { err, mapPool, NodewrightError, ok, type Result } from "../../base/mod.ts";
import type { Machine } from "../inventory/mod.ts";
import type { OnApplyEvent } from "./event.ts";
import { openSession } from "./open-session.ts";
import type { ApplyPorts } from "./ports.ts";
import type { NodeSession } from "./session.ts";

/** What came of one node. */
export interface SessionResult<T> {
  readonly machine: Machine;
  readonly result: Result<T, NodewrightError>;
}

/** Talks to many nodes at once, each on its own: one that fails does not stop the others. */
export async function eachSession<T>(
  machines: readonly Machine[],
  options: { readonly parallelism: number; readonly lock: boolean },
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
  work: (session: NodeSession, machine: Machine) => Promise<T>,
): Promise<SessionResult<T>[]> {
  return mapPool(machines, options.parallelism, async (machine) => {
    let session: NodeSession | undefined;
    try {
      session = await openSession(machine, options, ports, onEvent);
      return { machine, result: ok(await work(session, machine)) };
    } catch (thrown) {
      const error = NodewrightError.from(thrown, "Cannot talk to the node").onNode(machine.name);
      return { machine, result: err(error) };
    } finally {
      await session?.close();
    }
  });
}
