import type { Payload, PayloadFile } from "./atomic-writer.ts";
import { VolumeError } from "./volume-plugin.ts";

/** Which keys of an object become which files. */
export interface KeySelection {
  readonly items?: readonly {
    readonly key: string;
    readonly path: string;
    readonly mode?: number;
  }[];
  readonly mode: number;
  readonly optional: boolean;
  /** `configmap "name"`, for the error. */
  readonly what: string;
}

/** The files of an object's data: all of it, or the chosen keys. */
export function selectKeys(
  data: ReadonlyMap<string, Uint8Array>,
  selection: KeySelection,
): Map<string, PayloadFile> {
  const files = new Map<string, PayloadFile>();
  if (selection.items === undefined || selection.items.length === 0) {
    for (const [key, bytes] of data) files.set(key, { bytes, mode: selection.mode });
    return files;
  }
  for (const { key, path, mode = selection.mode } of selection.items) {
    const bytes = data.get(key);
    if (bytes !== undefined) files.set(checkPath(path), { bytes, mode });
    else if (!selection.optional) {
      throw new VolumeError(`${selection.what} references non-existent config key: ${key}`);
    }
  }
  return files;
}

/** Later sources win. */
export function merge(...payloads: readonly Payload[]): Payload {
  return new Map(payloads.flatMap((payload) => [...payload]));
}

function checkPath(path: string): string {
  const parts = path.split("/");
  if (path === "" || path.startsWith("/") || parts.includes("..") || path.startsWith("..")) {
    throw new VolumeError(`invalid path "${path}": it must stay in the volume`);
  }
  return path;
}
