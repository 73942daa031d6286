import type { Ledger } from "../store/ledger.ts";
import { CNI_STATE_DIRS, NETNS_DIRECTORY } from "../store/ledger.ts";
import type { TakeAway } from "./removal.ts";
import { removeDirectories } from "./take-away-files.ts";

const NETWORKS_DIRECTORY = "/var/lib/cni/networks";

/** What pods and their runtime left outside of our files, as far as it was not there before. */
export async function removeTraces(work: TakeAway): Promise<void> {
  await removeBridges(work);
  await removeMasquerade(work);
  await removeServiceRules(work);
  await removePodNamespaces(work);
  await removeNetworks(work);
  await removeStateDirs(work);
  await removeDirectories(work);
}

async function removeBridges({ ledger, machine, report, traces }: TakeAway): Promise<void> {
  if (traces.bridges.length === 0) return;
  const there = await machine.kernel.bridges();
  for (const bridge of traces.bridges.filter((name) => there.includes(name))) {
    if (ledger.existedBefore.bridges.includes(bridge))
      report.kept(`bridge ${bridge}: there before`);
    else await report.removed(`bridge ${bridge}`, () => machine.kernel.removeLink(bridge));
  }
}

async function removeMasquerade({ ledger, machine, report, traces }: TakeAway): Promise<void> {
  const ours = traces.networks.filter((name) => !ledger.existedBefore.networks.includes(name));
  const rules = await machine.kernel.masqueradeRules(ours);
  if (rules.length === 0) return;
  await report.removed(`${rules.length} masquerade rules of pods`, () =>
    machine.kernel.removeMasqueradeRules(ours),
  );
}

/** Programs that fill the firewall with chains of their own, and leave them there. */
const RULE_WRITERS = ["kubelet.service", "kube-proxy.service"];

/** True where the rules of Services came with us: with a unit of ours, and none that ran before. */
export function ownsServiceRules({ ledger }: Pick<TakeAway, "ledger">): boolean {
  const writers = RULE_WRITERS.flatMap((unit) => ledger.units[unit] ?? []);
  return writers.length > 0 && writers.every(({ before }) => before.activeState !== "active");
}

async function removeServiceRules(work: TakeAway): Promise<void> {
  if (!ownsServiceRules(work)) return;
  const { kernel } = work.machine;
  const rules = await kernel.serviceRules();
  if (rules.length === 0) return;
  await work.report.removed(`rules of Services (${rules.join(", ")})`, () =>
    kernel.removeServiceRules(),
  );
}

/** Namespaces that the runtime made for sandboxes: `cni-UUID`. Those of other names are not pods'. */
async function removePodNamespaces({ ledger, machine, report }: TakeAway): Promise<void> {
  for (const name of await machine.disk.list(NETNS_DIRECTORY)) {
    if (!/^cni-[0-9a-f-]{36}$/.test(name)) continue;
    if (ledger.existedBefore.podNamespaces.includes(name)) continue;
    const path = `${NETNS_DIRECTORY}/${name}`;
    await report.removed(`network namespace ${name}`, async () => {
      if ((await machine.kernel.mountsBelow(path)).length > 0) await machine.kernel.unmount(path);
      await machine.disk.remove(path);
    });
  }
  if (!report.dryRun && !existed(ledger, NETNS_DIRECTORY)) {
    await machine.disk.removeEmpty(NETNS_DIRECTORY);
  }
}

function existed({ existedBefore }: Ledger, directory: string): boolean {
  return [existedBefore.stateDirs, existedBefore.emptyDirs].some((of) => of.includes(directory));
}

async function removeNetworks({ ledger, machine, report, traces }: TakeAway): Promise<void> {
  for (const network of traces.networks) {
    const path = `${NETWORKS_DIRECTORY}/${network}`;
    if ((await machine.disk.lstat(path)) === undefined) continue;
    if (ledger.existedBefore.networks.includes(network)) report.kept(`${path}: there before`);
    else await report.removed(path, () => machine.disk.removeTree(path));
  }
  if (report.dryRun || traces.networks.length === 0) return;
  // The plugins make these and never take them away; removed only where nothing else is in them.
  for (const directory of CNI_STATE_DIRS) {
    if (existed(ledger, directory)) continue;
    await machine.disk.removeEmpty(directory);
  }
}

async function removeStateDirs({ ledger, machine, report, traces }: TakeAway): Promise<void> {
  for (const directory of traces.stateDirs) {
    if ((await machine.disk.lstat(directory)) === undefined) continue;
    if (ledger.existedBefore.stateDirs.includes(directory)) {
      report.kept(`${directory}: there before`);
      continue;
    }
    // A disk that was mounted there for the runtime stays mounted, and is emptied.
    const stays = ledger.existedBefore.emptyDirs.includes(directory);
    await report.removed(stays ? `content of ${directory}` : directory, async () => {
      const mounts = async (): Promise<readonly string[]> =>
        (await machine.kernel.mountsBelow(directory)).filter((at) => !(stays && at === directory));
      for (const mount of await mounts()) await machine.kernel.unmount(mount);
      // Never across a mount: what is mounted there is not in the directory.
      const still = await mounts();
      if (still.length > 0) throw new Error(`still mounted: ${still.join(", ")}`);
      await (stays ? machine.disk.emptyTree(directory) : machine.disk.removeTree(directory));
    });
  }
}
