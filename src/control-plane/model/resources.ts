import { parseQuantity, parseQuantityMilli } from "../../base/mod.ts";
import { AMOUNTS, sumContainers } from "../../kube/scheduling/mod.ts";
import type { Pod } from "../../kube/types/mod.ts";

/** Amounts by resource: CPU in thousandths, the rest in whole units. */
export type Amounts = ReadonlyMap<string, number>;

export function parseAmounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(
    Object.entries(list ?? {}).map(([name, text]) => [name, amountOf(name, String(text))]),
  );
}

/** Milli-cores of CPU, else the unit itself; rounded up as upstream does. */
function amountOf(name: string, text: string): number {
  if (name === "cpu") return parseQuantityMilli(text) ?? 0;
  return Math.ceil(parseQuantity(text) ?? 0);
}

export const addAmounts = AMOUNTS.add;

/** Resources of the whole pod: newer than the types. */
export function podLevelResources({ spec }: Pod): {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
} {
  return (spec as { resources?: object }).resources ?? {}; // cast: newer than the types
}

/** What a pod needs, with the overhead of its runtime class. Requests of the whole pod win. */
export function podRequests(pod: Pod): Amounts {
  const sum = sumContainers(
    pod.spec,
    ({ resources }) => parseAmounts(resources?.requests),
    AMOUNTS,
  );
  const whole = new Map([...sum, ...parseAmounts(podLevelResources(pod).requests)]);
  return addAmounts(whole, parseAmounts(pod.spec.overhead));
}
