import { mkdirSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import {
  atomicWriteFileSync,
  ERRNO,
  isTemporaryName,
  readUserTextSync,
  removeTemporaryFiles,
  SyscallError,
} from "../../sys/mod.ts";
import type { ConfList } from "../conf/conf-list.ts";
import { parseConfList } from "../conf/parse-conf-list.ts";
import type { Attachment } from "../conf/plugin-conf.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { parseObject } from "./plugin-outcome.ts";
import type { AttachmentSpec } from "./request.ts";

/** An attachment as the cache knows it. */
export interface CachedAttachment extends AttachmentSpec {
  readonly network: string;
  /** The list of plugins it was made with; undefined where the cache has none that can be read. */
  readonly list: ConfList | undefined;
  /** What ADD ended with. */
  readonly result: JsonObject | undefined;
  readonly path: string;
  /** When it was written: milliseconds since the epoch. */
  readonly writtenAtMs: number;
}

/** Which attachment of which network. */
export interface CacheKey extends Attachment {
  readonly network: string;
}

/** A file of the cache that is none: empty after a power loss, garbled, or somebody else's. */
export interface UnreadableEntry {
  readonly path: string;
  readonly why: string;
}

/** The `kind` of the reference library's entries. */
const KIND = "cniCacheV1";

/**
 * What ADD ended with, kept for CHECK and DEL: `DIR/results/NETWORK-CONTAINER-INTERFACE`, in the
 * reference library's format. Entries are put in place as a whole; one that cannot be read counts
 * as absent, so that it never keeps a DEL from working.
 */
export class ResultCache {
  readonly dir: string;

  constructor(cacheDir: string) {
    this.dir = join(cacheDir, "results");
  }

  pathOf({ network, containerId, ifName }: CacheKey): string {
    return join(this.dir, `${network}-${containerId}-${ifName}`);
  }

  /** An attachment's entry; undefined where there is none that can be read. */
  read(key: CacheKey): CachedAttachment | undefined {
    const entry = this.#load(this.pathOf(key), key);
    return "why" in entry ? undefined : entry;
  }

  /** All attachments, sorted by file name, and what else is there. */
  list(): {
    readonly attachments: readonly CachedAttachment[];
    readonly unreadable: readonly UnreadableEntry[];
  } {
    const entries = this.#names().map((name) => this.#load(join(this.dir, name)));
    return {
      attachments: entries.flatMap((entry) => ("why" in entry ? [] : [entry])),
      unreadable: entries.flatMap((entry) => ("why" in entry ? [entry] : [])),
    };
  }

  write(list: ConfList, attachment: AttachmentSpec, result: JsonObject): void {
    const { containerId, ifName, netns, args, capabilityArgs } = attachment;
    const entry = {
      kind: KIND,
      containerId,
      config: Buffer.from(listText(list)).toString("base64"),
      ifName,
      networkName: list.name,
      ...(netns === "" ? {} : { netns }),
      ...(args.length === 0 ? {} : { cniArgs: args }),
      ...(Object.keys(capabilityArgs).length === 0 ? {} : { capabilityArgs }),
      result,
    };
    try {
      mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    } catch (thrown) {
      throw SyscallError.wrap(thrown, `Cannot create the cache "${this.dir}"`);
    }
    const path = this.pathOf({ network: list.name, containerId, ifName });
    atomicWriteFileSync(path, JSON.stringify(entry), { mode: 0o600 });
  }

  /** Forgets an attachment; false where nothing was known. */
  remove(key: CacheKey): boolean {
    return this.removeFile(this.pathOf(key));
  }

  /** Removes one entry by its path. */
  removeFile(path: string): boolean {
    try {
      unlinkSync(path);
      return true;
    } catch (thrown) {
      const error = SyscallError.wrap(thrown, `Cannot remove "${path}"`);
      if (error instanceof SyscallError && error.errno === ERRNO.ENOENT) return false;
      throw error;
    }
  }

  /** Removes what interrupted writes left; only for the holder of the exclusive lock. */
  removeLeftovers(): readonly string[] {
    return statSync(this.dir, { throwIfNoEntry: false }) === undefined
      ? []
      : removeTemporaryFiles(this.dir);
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.dir)
        .filter((name) => !isTemporaryName(name))
        .sort();
    } catch (thrown) {
      const error = SyscallError.wrap(thrown, `Cannot read the cache "${this.dir}"`);
      if (error instanceof SyscallError && error.errno === ERRNO.ENOENT) return [];
      throw error;
    }
  }

  #load(path: string, key?: CacheKey): CachedAttachment | UnreadableEntry {
    let text: string;
    let writtenAtMs: number;
    try {
      text = readUserTextSync(path);
      writtenAtMs = statSync(path).mtimeMs;
    } catch (thrown) {
      return { path, why: SyscallError.wrap(thrown, "Cannot read it").message };
    }
    const json = parseObject(text);
    if (json === undefined) {
      return { path, why: text.trim() === "" ? "it is empty" : "it is not a JSON object" };
    }
    if (json["kind"] === KIND) return decodeEntry(json, { path, writtenAtMs });
    // The library's first form: the bare result. Whose it is, only who asks for it knows.
    if (key === undefined) return { path, why: `its kind is not "${KIND}"` };
    const bare = { netns: "", args: [], capabilityArgs: {}, list: undefined, result: json };
    return { ...key, ...bare, path, writtenAtMs };
  }
}

function decodeEntry(
  json: JsonObject,
  file: { readonly path: string; readonly writtenAtMs: number },
): CachedAttachment | UnreadableEntry {
  const text = (key: string): string => (typeof json[key] === "string" ? json[key] : "");
  const entry = {
    network: text("networkName"),
    containerId: text("containerId"),
    ifName: text("ifName"),
    netns: text("netns"),
  };
  if (entry.network === "" || entry.containerId === "" || entry.ifName === "") {
    return { path: file.path, why: "it does not say whose it is" };
  }
  const { capabilityArgs, result } = json;
  return {
    ...entry,
    ...file,
    args: readPairs(json["cniArgs"]),
    capabilityArgs: isJsonObject(capabilityArgs) ? capabilityArgs : {},
    list: parseConfList(Buffer.from(text("config"), "base64").toString("utf8"), file.path).value,
    result: isJsonObject(result) ? result : undefined,
  };
}

function readPairs(value: JsonValue | undefined): readonly (readonly [string, string])[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: JsonValue) => {
    const [key, word] = Array.isArray(pair) ? pair : [];
    return typeof key === "string" && typeof word === "string" ? [[key, word] as const] : [];
  });
}

/**
 * A list as JSON, whole: with the plugins of its directory in it, so that what reads it back has
 * the network as it was although the directory has changed.
 */
export function listText(list: ConfList): string {
  const { name, cniVersion, disableCheck, disableGC, plugins } = list;
  return JSON.stringify({
    cniVersion,
    name,
    ...(disableCheck ? { disableCheck } : {}),
    ...(disableGC ? { disableGC } : {}),
    loadOnlyInlinedPlugins: true,
    plugins: plugins.map(({ raw }) => raw),
  });
}
