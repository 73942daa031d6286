import { parseQuantity } from "../../base/mod.ts";
import type { KubeletConfig } from "../../config/mod.ts";
import { parseIds } from "../../machine/mod.ts";

/** An amount of each resource: cores, bytes, counts. */
export type Amounts = Readonly<Record<string, number>>;

/** CPUs that are reserved by name are the system's; no other number of them counts then. */
export function reservationsOf(config: KubeletConfig): {
  readonly systemReserved: Amounts;
  readonly kubeReserved: Amounts;
} {
  const system = amountsOf(config, "systemReserved");
  const kube = amountsOf(config, "kubeReserved");
  const named = parseIds(config.reader.textOrDefault(["reservedSystemCPUs"])?.value ?? "") ?? [];
  if (named.length === 0) return { systemReserved: system, kubeReserved: kube };
  return { systemReserved: { ...system, cpu: named.length }, kubeReserved: { ...kube, cpu: 0 } };
}

function amountsOf(config: KubeletConfig, field: string): Amounts {
  const keys = config.reader.keys([field]).map(({ value }) => value);
  return Object.fromEntries(
    keys.map((key) => [key, parseQuantity(config.reader.text([field, key])?.value ?? "") ?? 0]),
  );
}
