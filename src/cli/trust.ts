import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { mapPool, NodewrightError, shellQuote } from "../base/mod.ts";
import type { Machine } from "../bootstrap/inventory/mod.ts";
import { type HostKey, knownKeys, resolvePlace, type SshPlace, scanHostKeys } from "../ssh/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { type OpenCluster, openCluster } from "./open-cluster.ts";
import { confirm } from "./output/confirm.ts";
import { printError } from "./output/print-error.ts";
import { requireMachine } from "./require-machine.ts";

interface Shown {
  readonly node: string;
  readonly place: SshPlace;
  /** The keys that known_hosts does not have yet. */
  readonly fresh: readonly HostKey[];
}

/** `nodewright trust [NODE...]`: shows the host keys of machines and, once confirmed, stores them. */
export const define: DefineCommand = (command, context) => {
  command
    .argument("[node...]", "only these machines; default: all workers")
    .option("-y, --yes", "store the keys without asking: only where no one else can be in between")
    .action(async (names, options) => {
      const opened = await openCluster(context, { update: false });
      const { cluster } = opened;
      const machines =
        names.length === 0 ? cluster.workers : names.map((name) => requireMachine(cluster, name));
      const shown = await mapPool(machines, cluster.settings.parallelism, (machine) =>
        look(machine, opened, context),
      );
      const found = shown.flatMap((one) => one ?? []);
      for (const one of found) print(one, context);
      const fresh = found.filter((one) => one.fresh.length > 0);
      if (fresh.length === 0) return;
      if (options.yes !== true) {
        const nodes = fresh.map(({ node }) => node).join(", ");
        await confirm(
          context,
          `Compare with the machine's own: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub. Store the keys of ${nodes}?`,
        );
      }
      for (const { place, fresh: keys } of fresh) await store(place, keys);
    });
};

async function look(
  machine: Machine,
  { ports }: OpenCluster,
  context: CliContext,
): Promise<Shown | undefined> {
  try {
    const place = await resolvePlace(ports.target(machine), ports.env);
    if (place.isBehindJump) {
      throw new NodewrightError(
        "ssh",
        `Cannot read the host keys of ${place.host}: it is behind a jump host`,
        {
          fix: `Log in once and compare: nodewright ssh ${machine.name}`,
        },
      );
    }
    const keys = await scanHostKeys(place, ports.env);
    const known = await knownKeys(place, ports.env);
    const [, changed] =
      keys
        .map((key) => [key, known.get(key.line.split(" ")[1] ?? "")] as const)
        .find(([key, had]) => had !== undefined && had !== key.line.split(" ")[2]) ?? [];
    if (changed !== undefined) {
      throw new NodewrightError("ssh", `The host key of ${place.host} is not the known one`, {
        fix: `Find out why (a reinstalled machine, or someone in between); if it is right: ssh-keygen -R ${shellQuote(place.name)} -f ${shellQuote(place.knownHosts)}`,
      });
    }
    const fresh = keys.filter((key) => !known.has(key.line.split(" ")[1] ?? ""));
    return { node: machine.name, place, fresh };
  } catch (thrown) {
    context.signal.throwIfAborted();
    context.exitCode = EXIT.FAILED;
    const error = NodewrightError.from(thrown, "Cannot read the host keys").onNode(machine.name);
    printError(error, context);
    return undefined;
  }
}

function print({ node, place, fresh }: Shown, context: CliContext): void {
  if (context.json) {
    const keys = fresh.map(({ type, fingerprint }) => ({ type, fingerprint }));
    context.out.json({ kind: "host-keys", node, name: place.name, file: place.knownHosts, keys });
  } else if (fresh.length === 0) context.out.line(`${node}: ${place.name} is known`);
  for (const key of context.json ? [] : fresh) {
    context.out.line(`${node}: ${place.name} ${key.type} ${key.fingerprint}`);
  }
}

async function store({ knownHosts }: SshPlace, keys: readonly HostKey[]): Promise<void> {
  try {
    await mkdir(dirname(knownHosts), { recursive: true, mode: 0o700 });
    await appendFile(knownHosts, keys.map(({ line }) => `${line}\n`).join(""), { mode: 0o600 });
  } catch (thrown) {
    throw NodewrightError.from(thrown, `Cannot write ${knownHosts}`);
  }
}
