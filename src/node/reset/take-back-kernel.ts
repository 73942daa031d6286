import { swapBack } from "../swap.ts";
import type { TakeAway } from "./removal.ts";

/** Routes, sysctls and swap as they were; what someone else has changed since is theirs. */
export async function takeBackKernel(work: TakeAway): Promise<void> {
  await takeBackRoutes(work);
  await takeBackSysctls(work);
  const { ledger, report, machine } = work;
  const swaps = [...new Set(Object.values(ledger.swap).flat())];
  if (swaps.length > 0) {
    await report.restored(`swap: ${swaps.join(", ")}`, () => swapBack(machine, ledger));
  }
  for (const module of ledger.modules) {
    report.kept(
      `kernel module ${module}: stays loaded until the next start, something else may use it`,
    );
  }
}

async function takeBackRoutes({ ledger, machine, report }: TakeAway): Promise<void> {
  const destinations = Object.keys(ledger.routes);
  if (destinations.length === 0) return;
  const now = await machine.kernel.readRoutes(destinations);
  for (const [destination, { before, via }] of Object.entries(ledger.routes)) {
    const found = now[destination] ?? null;
    if (found === null || found === before) continue;
    if (found !== via) {
      report.kept(`route ${destination} via ${found}: changed since`);
    } else if (before === null) {
      await report.removed(`route ${destination} via ${via}`, () =>
        machine.kernel.removeRoute(destination, via),
      );
    } else {
      await report.restored(`route ${destination} via ${before}`, () =>
        machine.kernel.replaceRoute(destination, before),
      );
    }
  }
}

async function takeBackSysctls({ ledger, machine, report }: TakeAway): Promise<void> {
  for (const [key, { before, set }] of Object.entries(ledger.sysctls)) {
    const now = await machine.kernel.readSysctl(key);
    if (before === null || now === null || now === before) continue;
    if (now !== set) {
      report.kept(`${key} = ${now}: changed since`);
      continue;
    }
    await report.restored(`${key} = ${before}`, () => machine.kernel.writeSysctl(key, before));
  }
}
