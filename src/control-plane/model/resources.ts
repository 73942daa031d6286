import type { Container } from "kubernetes-types/core/v1";
import { parseQuantity, parseQuantityMilli } from "../../base/mod.ts";
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

export function addAmounts(one: Amounts, other: Amounts): Amounts {
  return combine(one, other, (a, b) => a + b);
}

function maxAmounts(one: Amounts, other: Amounts): Amounts {
  return combine(one, other, Math.max);
}

function combine(one: Amounts, other: Amounts, by: (a: number, b: number) => number): Amounts {
  const all = new Map(one);
  for (const [name, value] of other) all.set(name, by(all.get(name) ?? 0, value));
  return all;
}

/** How amounts of containers come together. */
export interface Algebra<T> {
  readonly none: T;
  add(one: T, other: T): T;
  max(one: T, other: T): T;
}

/**
 * What a pod's containers come to at most at once: its containers and sidecars, or an init container
 * with the sidecars before it.
 */
export function sumContainers<T>(
  { spec }: Pod,
  of: (container: Container) => T,
  { none, add, max }: Algebra<T>,
): T {
  let running = none;
  for (const container of spec.containers) running = add(running, of(container));
  let sidecars = none;
  let starting = none;
  for (const container of spec.initContainers ?? []) {
    const all = add(sidecars, of(container));
    if (container.restartPolicy === "Always") sidecars = all;
    starting = max(starting, all);
  }
  return max(add(running, sidecars), starting);
}

/** Resources of the whole pod: newer than the types. */
export function podLevelResources({ spec }: Pod): {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
} {
  return (spec as { resources?: object }).resources ?? {}; // cast: newer than the types
}

const AMOUNTS: Algebra<Amounts> = { none: new Map(), add: addAmounts, max: maxAmounts };

/** What a pod needs, with the overhead of its runtime class. Requests of the whole pod win. */
export function podRequests(pod: Pod): Amounts {
  const sum = sumContainers(pod, ({ resources }) => parseAmounts(resources?.requests), AMOUNTS);
  const whole = new Map([...sum, ...parseAmounts(podLevelResources(pod).requests)]);
  return addAmounts(whole, parseAmounts(pod.spec.overhead));
}
