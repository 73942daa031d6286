import { observeFiles } from "../observe-node.ts";
import type { TakeAway } from "./removal.ts";
import { ownsServiceRules } from "./remove-traces.ts";

/** Looks again at everything that should be gone, whatever the removal thinks it did. */
export async function findLeftovers(work: TakeAway): Promise<readonly string[]> {
  return [...(await filesLeft(work)), ...(await unitsLeft(work)), ...(await tracesLeft(work))];
}

async function filesLeft(work: TakeAway): Promise<string[]> {
  const { ledger } = work;
  const files = await observeFiles(work, Object.keys(ledger.files));
  return Object.entries(ledger.files).flatMap(([path, { original, put }]) => {
    const now = files[path];
    const isOriginal =
      original.kind === "file" && now?.kind === "file" && now.digest === original.digest;
    const isOurs = now?.kind === "file" && put.includes(now.digest);
    if (isOurs && !isOriginal) return [`${path} is still there`];
    return original.kind === "file" && now?.kind === "absent" ? [`${path} was not restored`] : [];
  });
}

async function unitsLeft({ ledger, machine, units }: TakeAway): Promise<string[]> {
  const states = await machine.systemd.show(units);
  return units.flatMap((unit) => {
    const [state, before] = [states[unit], ledger.units[unit]?.before];
    const runs = state !== undefined && !["inactive", "failed"].includes(state.activeState);
    return runs && before?.activeState !== "active" ? [`${unit} still runs`] : [];
  });
}

async function tracesLeft({ ledger, machine, traces, ...work }: TakeAway): Promise<string[]> {
  const { existedBefore } = ledger;
  const left: string[] = [];
  const bridges = traces.bridges.length === 0 ? [] : await machine.kernel.bridges();
  for (const bridge of traces.bridges) {
    if (bridges.includes(bridge) && !existedBefore.bridges.includes(bridge)) {
      left.push(`bridge ${bridge} is still there`);
    }
  }
  for (const directory of traces.stateDirs) {
    if (existedBefore.stateDirs.includes(directory)) continue;
    if (existedBefore.emptyDirs.includes(directory)) {
      const names = await machine.disk.list(directory);
      if (names.some((name) => name !== "lost+found")) left.push(`${directory} is not empty`);
      continue;
    }
    if ((await machine.disk.lstat(directory)) !== undefined)
      left.push(`${directory} is still there`);
  }
  const ours = traces.networks.filter((name) => !existedBefore.networks.includes(name));
  for (const rule of await machine.kernel.masqueradeRules(ours)) left.push(`still there: ${rule}`);
  if (ownsServiceRules({ ledger })) {
    for (const rule of await machine.kernel.serviceRules()) left.push(`still there: ${rule}`);
  }
  const hadRuntime = ledger.units[work.criUnit ?? ""]?.before.activeState === "active";
  if (work.criEndpoint !== undefined && !hadRuntime) {
    for (const { pid, what } of await machine.kernel.shimProcesses(work.criEndpoint)) {
      left.push(`process ${pid} still runs: ${what}`);
    }
  }
  return left;
}
