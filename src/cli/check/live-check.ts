import { systemClock, VERSION } from "../../base/mod.ts";
import { eachSession, findApiAccess } from "../../bootstrap/apply/mod.ts";
import type { Cluster, Machine } from "../../bootstrap/inventory/mod.ts";
import {
  inventoryOf,
  kubeletServers,
  type LiveInput,
  liveSubject,
} from "../../bootstrap/sources/mod.ts";
import type { CliContext } from "../context.ts";
import { ownCommand } from "../node.ts";
import { realPorts } from "../open-cluster.ts";
import { createProgress } from "../output/progress.ts";
import { type AskedApi, askServer } from "./ask-api.ts";
import type { CheckTarget } from "./check-target.ts";

/** Looks at nodes over SSH as they run; with the API server of admin.kubeconfig where no other is named. */
export async function checkNodes(
  cluster: Cluster,
  machines: readonly Machine[],
  { api: asked, context }: { readonly api: AskedApi; readonly context: CliContext },
): Promise<CheckTarget> {
  const ports = await realPorts(context, cluster, { update: false });
  const progress = createProgress(context, { quiet: true });
  const [results, found] = await Promise.all([
    eachSession(
      machines,
      { parallelism: cluster.settings.parallelism, lock: false },
      ports,
      progress.onEvent,
      async (session, machine): Promise<LiveInput> => {
        const askedMs = systemClock.now();
        const collected = await session.request("collect", {
          probe: true,
          dial: kubeletServers(cluster.machines, machine.name),
        });
        return {
          name: machine.name,
          collected,
          machine,
          aheadMs: aheadOf(collected.host.clock.epochMs, askedMs, systemClock.now()),
        };
      },
    ).finally(progress.done),
    asked.api === undefined && asked.failures === undefined
      ? askAdmin(cluster, machines, context)
      : asked,
  ]);
  const inputs = results.flatMap(({ result }) => (result.ok ? [result.value] : []));
  const failures = results.flatMap(({ result }) => (result.ok ? [] : [result.error]));
  return {
    subject: liveSubject(inputs, {
      now: new Date(),
      inventory: inventoryOf(cluster),
      ...(found.api === undefined ? {} : { api: found.api }),
    }),
    suppressions: cluster.settings.ignoredFindings,
    read: readFrom(inputs),
    nameOf: (file) => file,
    failures: [...failures, ...(found.failures ?? [])],
  };
}

/** Looks at the machine that this process runs on. */
export async function checkThisMachine(
  { api, failures = [] }: AskedApi,
  context: CliContext,
): Promise<CheckTarget> {
  const { createMachine } = await import("../../node/serve/mod.ts");
  const { collectNode } = await import("../../bootstrap/sources/machine/mod.ts");
  const { env, execPath } = context.process;
  const machine = createMachine({
    env,
    clock: systemClock,
    toolVersion: VERSION,
    executable: execPath,
    // Nothing is ended by looking.
    kill: () => {},
  });
  const inputs = [
    {
      collected: await collectNode(machine, ownCommand(execPath), { probe: true, dial: [] }),
      aheadMs: null,
    },
  ];
  return {
    subject: liveSubject(inputs, { now: new Date(), ...(api === undefined ? {} : { api }) }),
    suppressions: [],
    read: readFrom(inputs),
    nameOf: (file) => file,
    failures,
  };
}

/** Through admin.kubeconfig of the directory, as apply goes; nothing where there is none. */
async function askAdmin(
  cluster: Cluster,
  [first]: readonly Machine[],
  context: CliContext,
): Promise<AskedApi> {
  if (first === undefined) return {};
  const book = new Map(
    cluster.machines.flatMap(({ name, fqdn, address }) => [
      [fqdn, address],
      [name, address],
    ]),
  );
  const access = await findApiAccess(cluster.dir, first.name, book).catch(() => undefined);
  if (access?.isAdmin !== true) return {};
  return askServer(async () => access.connection, context);
}

/** A clock that the answer's way explains is right; beyond it, by how much it is ahead (or behind). */
function aheadOf(epochMs: number, askedMs: number, answeredMs: number): number {
  return epochMs < askedMs ? epochMs - askedMs : Math.max(0, epochMs - answeredMs);
}

/** The first node that has a file of the name lends its lines. */
function readFrom(inputs: readonly LiveInput[]): CheckTarget["read"] {
  return (file) =>
    inputs
      .flatMap(({ collected }) => collected.files)
      .find(({ shown, text }) => shown === file && text !== undefined)?.text;
}
