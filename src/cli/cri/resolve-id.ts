import { UsageError } from "../../base/mod.ts";
import { type CriClient, CriError } from "../../cri/mod.ts";
import { shortId } from "./human.ts";

/** Something that has an ID, and what a person calls it. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * The one whose ID is, or begins with, `wanted`. More than one is refused with the candidates;
 * none is a CriError with NOT_FOUND.
 */
export function resolveId(what: string, wanted: string, all: readonly Named[]): string {
  const exact = all.find((each) => each.id === wanted);
  if (exact !== undefined) return exact.id;
  const matches = wanted === "" ? [] : all.filter((each) => each.id.startsWith(wanted));
  const [first, second] = matches;
  if (first === undefined) {
    throw new CriError("NOT_FOUND", "", `Cannot find a ${what} whose ID begins with "${wanted}"`, {
      fix: what === "pod" ? "see `nodewright cri pods`" : "see `nodewright cri ps -a`",
    });
  }
  if (second !== undefined) {
    throw new UsageError(`Cannot choose a ${what}: ${matches.length} IDs begin with "${wanted}"`, {
      detail: matches.map((each) => `${shortId(each.id)}  ${each.name}`).join("\n"),
      fix: "Give more characters of the ID",
    });
  }
  return first.id;
}

/** The full ID of a container. */
export async function resolveContainer(cri: CriClient, wanted: string): Promise<string> {
  const { containers } = await cri.runtime.listContainers({});
  return resolveId(
    "container",
    wanted,
    containers.map(({ id, metadata }) => ({ id, name: metadata?.name ?? "" })),
  );
}

/** The full ID of a pod sandbox. */
export async function resolvePod(cri: CriClient, wanted: string): Promise<string> {
  const { items } = await cri.runtime.listPodSandbox({});
  return resolveId(
    "pod",
    wanted,
    items.map(({ id, metadata }) => ({ id, name: `${metadata?.namespace}/${metadata?.name}` })),
  );
}
