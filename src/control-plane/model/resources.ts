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

/**
 * What a pod needs at most at once: its containers and sidecars, or an init container with the
 * sidecars before it, and the overhead of its runtime class. Requests of the whole pod win.
 */
export function podRequests(pod: Pod): Amounts {
  let running: Amounts = new Map();
  for (const container of pod.spec.containers) running = addAmounts(running, requests(container));
  let sidecars: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of pod.spec.initContainers ?? []) {
    if (container.restartPolicy === "Always") {
      sidecars = addAmounts(sidecars, requests(container));
      starting = maxAmounts(starting, sidecars);
    } else {
      starting = maxAmounts(starting, addAmounts(sidecars, requests(container)));
    }
  }
  const sum = maxAmounts(addAmounts(running, sidecars), starting);
  const { resources } = pod.spec as { resources?: { requests?: Record<string, string> } }; // cast: newer than the types
  const whole = new Map([...sum, ...parseAmounts(resources?.requests)]);
  return addAmounts(whole, parseAmounts(pod.spec.overhead));
}

function requests({ resources }: Container): Amounts {
  return parseAmounts(resources?.requests);
}
