import { messageOf } from "../../base/mod.ts";
import type { TakeAway } from "./removal.ts";

/** Stops everything that was started, pods included: the last started first, the runtime last. */
export async function stopUnits(work: TakeAway): Promise<void> {
  await reloadUnits(work);
  const others = work.units.filter((unit) => unit !== work.criUnit);
  for (const unit of others.toReversed()) await stopUnit(work, unit);
  await removePods(work);
  if (work.criUnit !== undefined) await stopUnit(work, work.criUnit);
  await endShims(work);
}

/** A reset that was interrupted may have taken away files of units that systemd still knows. */
async function reloadUnits({ machine, report, units }: TakeAway): Promise<void> {
  if (report.dryRun) return;
  const states = Object.values(await machine.systemd.show(units));
  if (states.some((state) => state.needDaemonReload)) await machine.systemd.daemonReload();
}

async function stopUnit({ machine, report }: TakeAway, unit: string): Promise<void> {
  const state = (await machine.systemd.show([unit]))[unit];
  if (state === undefined) return;
  const isUp = !["inactive", "failed"].includes(state.activeState);
  const isEnabled = ["enabled", "enabled-runtime"].includes(state.unitFileState);
  const verbs = [...(isUp ? ["stop"] : []), ...(isEnabled ? ["disable"] : [])];
  if (verbs.length === 0) return;
  await report.removed(`${unit} (${verbs.join(" and ")})`, async () => {
    try {
      if (isUp) await machine.systemd.stop(unit);
    } finally {
      // A unit that cannot be stopped must not come back at the next boot either.
      if (isEnabled) await machine.systemd.disable(unit);
    }
  });
}

/** Through CRI, so that the CNI plugins take the network away again. Older pods are not ours. */
async function removePods({ machine, report, ledger, ...work }: TakeAway): Promise<void> {
  const { criEndpoint, criUnit } = work;
  if (criEndpoint === undefined || criUnit === undefined) return;
  const state = (await machine.systemd.show([criUnit]))[criUnit];
  if (state?.activeState !== "active") return;
  const pods = await machine.cri.pods(criEndpoint).catch((thrown: unknown) => {
    report.kept(`pods could not be listed: ${messageOf(thrown)}`);
    return [];
  });
  for (const pod of pods) {
    if (pod.createdAtMs < ledger.createdAtMs) report.kept(`pod ${pod.name}: older than nodewright`);
    else await report.removed(`pod ${pod.name}`, () => machine.cri.removePod(criEndpoint, pod.id));
  }
}

/** What is left of containers once containerd is down (KillMode=process spares them). */
async function endShims({ machine, report, ledger, ...work }: TakeAway): Promise<void> {
  if (work.criEndpoint === undefined || work.criUnit === undefined) return;
  // A runtime that was there before has containers of its own.
  const before = ledger.units[work.criUnit]?.before.activeState;
  const shims = await machine.kernel.shimProcesses(work.criEndpoint);
  if (before === "active") {
    for (const shim of shims) report.kept(`process ${shim.pid}: ${shim.what}`);
    return;
  }
  for (const shim of shims) {
    await report.removed(`process ${shim.pid}: ${shim.what}`, () =>
      machine.kernel.killProcess(shim),
    );
  }
}

/** After the files: systemd forgets our units, and those that were there before run again as they did. */
export async function restoreUnits({ machine, report, ledger, units }: TakeAway): Promise<void> {
  if (units.length === 0) return;
  const enabled = units.filter((unit) =>
    ["enabled", "enabled-runtime"].includes(ledger.units[unit]?.before.unitFileState ?? ""),
  );
  const running = units.filter((unit) => ledger.units[unit]?.before.activeState === "active");
  for (const unit of enabled) {
    await report.restored(`${unit}: enabled`, () => machine.systemd.enable(unit));
  }
  if (!report.dryRun) await machine.systemd.daemonReload();
  for (const unit of running) {
    await report.restored(`${unit}: started`, () => machine.systemd.start(unit));
  }
}
