import { formatQuantity, type Quantity, readQuantity } from "../../base/mod.ts";

/** Amounts by the resource's name. */
export type ResourceList = ReadonlyMap<string, Quantity>;

/** Amounts as objects have them. */
export type ResourceTexts = Readonly<Record<string, string>>;

export const ONE: Quantity = { nano: 10n ** 9n, format: "DecimalSI" };

/** A number of things. */
export function countOf(count: number): Quantity {
  return { nano: ONE.nano * BigInt(count), format: "DecimalSI" };
}

export function parseList(texts: ResourceTexts | undefined): ResourceList {
  const list = new Map<string, Quantity>();
  for (const [name, text] of Object.entries(texts ?? {})) {
    const quantity = readQuantity(String(text));
    if (quantity !== undefined) list.set(name, quantity);
  }
  return list;
}

export function formatList(list: ResourceList): Record<string, string> {
  return Object.fromEntries([...list].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

/** A list in a message: `cpu=1,memory=1Gi`, by name. */
export function printList(list: ResourceList): string {
  return [...list]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, quantity]) => `${name}=${formatQuantity(quantity)}`)
    .join(",");
}

/** A sum is written as its first part that is not zero. */
export function addLists(one: ResourceList, other: ResourceList): ResourceList {
  return combine(one, other, (a, b) => ({
    nano: a.nano + b.nano,
    format: a.nano === 0n ? b.format : a.format,
  }));
}

export function maxLists(one: ResourceList, other: ResourceList): ResourceList {
  return combine(one, other, (a, b) => (b.nano > a.nano ? b : a));
}

/** What `one` has more than `other`; never below zero. */
export function exceedLists(one: ResourceList, other: ResourceList): ResourceList {
  const more = new Map<string, Quantity>();
  for (const [name, { nano, format }] of one) {
    const left = nano - (other.get(name)?.nano ?? 0n);
    more.set(name, { nano: left > 0n ? left : 0n, format });
  }
  return more;
}

/** The part of a list that has these names. */
export function onlyNames(list: ResourceList, names: Iterable<string>): ResourceList {
  const wanted = new Set(names);
  return new Map([...list].filter(([name]) => wanted.has(name)));
}

function combine(
  one: ResourceList,
  other: ResourceList,
  by: (a: Quantity, b: Quantity) => Quantity,
): ResourceList {
  const all = new Map(one);
  for (const [name, value] of other) {
    const before = all.get(name);
    all.set(name, before === undefined ? value : by(before, value));
  }
  return all;
}
