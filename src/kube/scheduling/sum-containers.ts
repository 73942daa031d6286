/** How amounts of containers come together. */
export interface Algebra<T> {
  readonly none: T;
  add(one: T, other: T): T;
  max(one: T, other: T): T;
}

/** The containers of a pod's spec; an init container that restarts `Always` is a sidecar. */
export interface Containers<C extends { readonly restartPolicy?: string }> {
  readonly containers: readonly C[];
  readonly initContainers?: readonly C[];
}

/**
 * What a pod's containers come to at most at once: its containers and sidecars, or an init container
 * with the sidecars before it (KEP-753, "Resources calculation for scheduling and pod admission").
 */
export function sumContainers<C extends { readonly restartPolicy?: string }, T>(
  { containers, initContainers = [] }: Containers<C>,
  of: (container: C) => T,
  { none, add, max }: Algebra<T>,
): T {
  let running = none;
  for (const container of containers) running = add(running, of(container));
  let sidecars = none;
  let starting = none;
  for (const container of initContainers) {
    const all = add(sidecars, of(container));
    if (container.restartPolicy === "Always") sidecars = all;
    starting = max(starting, all);
  }
  return max(add(running, sidecars), starting);
}

/** One resource in numbers. */
export const NUMBERS: Algebra<number> = {
  none: 0,
  add: (one, other) => one + other,
  max: Math.max,
};

type Amounts = ReadonlyMap<string, number>;

function combine(one: Amounts, other: Amounts, by: (a: number, b: number) => number): Amounts {
  const all = new Map(one);
  for (const [name, value] of other) all.set(name, by(all.get(name) ?? 0, value));
  return all;
}

/** Amounts by the name of the resource; one that is absent is 0. */
export const AMOUNTS: Algebra<Amounts> = {
  none: new Map(),
  add: (one, other) => combine(one, other, NUMBERS.add),
  max: (one, other) => combine(one, other, NUMBERS.max),
};
