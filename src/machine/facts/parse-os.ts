import { parseIds } from "../id-set.ts";
import type { OsFacts } from "./node-facts.ts";

/** Parses os-release(5). */
export function parseOsRelease(text: string): OsFacts {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([A-Z_0-9]+)=(.*)$/.exec(line.trim());
    if (match?.[1] !== undefined && match[2] !== undefined) values.set(match[1], unquote(match[2]));
  }
  return {
    id: values.get("ID") ?? "",
    idLike: (values.get("ID_LIKE") ?? "").split(" ").filter((word) => word !== ""),
    versionId: values.get("VERSION_ID") ?? "",
    name: values.get("PRETTY_NAME") ?? values.get("NAME") ?? "",
  };
}

function unquote(text: string): string {
  const inner = /^(["'])(.*)\1$/.exec(text)?.[2];
  return inner === undefined ? text : inner.replace(/\\(["'$`\\])/g, "$1");
}

/** Total and available memory of /proc/meminfo, in bytes. */
export function parseMeminfo(
  text: string,
): { readonly totalBytes: number; readonly availableBytes: number } | null {
  const kibibytes = (name: string): number | undefined => {
    const digits = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const total = kibibytes("MemTotal");
  const available = kibibytes("MemAvailable") ?? kibibytes("MemFree");
  if (total === undefined || available === undefined) return null;
  return { totalBytes: total * 1024, availableBytes: available * 1024 };
}

/** How many CPUs a list like `0-3,6` (/sys/devices/system/cpu/online) names. */
export function countCpus(list: string): number | null {
  if (list.trim() === "") return null;
  return parseIds(list)?.length ?? null;
}
