import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type ApiFacts,
  type BinaryFact,
  type CheckSubject,
  type ComponentVersions,
  type HostFacts,
  type NodeFacts,
  type NodeFile,
  type NodeTree,
  treeOf,
} from "../../../check/mod.ts";
import { ensurePki, type PkiInventory } from "../../../kube/pki/mod.ts";
import { type Cluster, loadCluster } from "../../inventory/mod.ts";
import { stockFiles } from "../../stock/mod.ts";
import { directorySubject } from "../directory.ts";
import { BASE_API, BASE_HOST, BASE_OTHER_HOST, CASE_MACHINES, CASE_TIME } from "./base-facts.ts";
import { applyPki, type CasePki } from "./case-pki.ts";

const ABSENT = ".absent";
/** Where the API server of every case is. */
export const SERVER = "https://server.kubernetes.local:6443";
/** What the certificates of every case are made for. */
export const PKI_INVENTORY: PkiInventory = {
  workers: [workerOf("node-0", "192.0.2.11"), workerOf("node-1", "192.0.2.12")],
  controlPlane: [workerOf("server", "192.0.2.10")],
  serverHost: "server.kubernetes.local",
  serviceAddress: "10.32.0.1",
  clusterDomain: "cluster.local",
};

/**
 * `facts.json` of a case: what is laid over the base facts, as patches: objects are merged,
 * everything else is replaced. A fact that is not named here is not known in the case.
 */
interface CaseFacts {
  /** ISO time; by default CASE_TIME. */
  readonly now?: string;
  /** A patch for node-0's machine; `{}` takes the base as it is. */
  readonly host?: object;
  /** The same for node-1, where a rule compares machines. */
  readonly otherHost?: object;
  readonly api?: object;
  readonly versions?: ComponentVersions;
  /** Of node-1, where it has others. */
  readonly otherVersions?: ComponentVersions;
  readonly binaries?: Readonly<Record<string, Omit<BinaryFact, "path">>>;
}

interface CaseParts {
  readonly facts: CaseFacts;
  readonly overlay?: readonly NodeFile[] | undefined;
  readonly previous?: ReadonlyMap<string, NodeFacts> | undefined;
}

/** Makes the base once, and subjects of cases out of it. */
export class RuleCases implements AsyncDisposable {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** A cluster directory as `init` and `pki` make it, for CASE_MACHINES. */
  static async create(): Promise<RuleCases> {
    const dir = await mkdtemp(join(tmpdir(), "nodewright-rules-"));
    const base = join(dir, "base");
    for (const { path, text } of stockFiles()) {
      await mkdir(dirname(join(base, path)), { recursive: true });
      await writeFile(join(base, path), path === "machines.txt" ? CASE_MACHINES : text);
    }
    await ensurePki(base, {
      inventory: PKI_INVENTORY,
      server: { url: SERVER, isExplicit: true },
      renew: new Set(),
      days: 365,
      now: CASE_TIME,
    });
    return new RuleCases(dir);
  }

  /**
   * The subject of a case directory: its files over the base (a file named `NAME.absent` takes NAME
   * away), `root/` over what node-0 would have (then node-0 is looked at as a root directory is),
   * `previous/` over the base for what runs now (with a facts.json of its own for its versions and machines),
   * pki.json for certificates of another shape (before the case's own files), facts.json for the rest.
   */
  async subject(caseDir: string): Promise<CheckSubject> {
    const without = ["root", "previous", "facts.json", "pki.json", "expected.txt"];
    const facts = await readFacts(join(caseDir, "facts.json"));
    const overlay = await filesBelow(join(caseDir, "root"));
    const previous = await this.#previous(caseDir, new Date(facts.now ?? CASE_TIME));
    return this.#overlaid(caseDir, without, (dir) =>
      this.#subject(dir, { facts, overlay, previous }),
    );
  }

  /** A file of the base. */
  text(file: string): string | undefined {
    const path = join(this.#dir, "base", file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }

  /** The base's cluster directory, read. */
  cluster(): Promise<Cluster> {
    return loadCluster(join(this.#dir, "base"));
  }

  /** The base as `init` and `pki` make it, with what is known of its machines. */
  base(facts: CaseFacts): Promise<CheckSubject> {
    return this.#subject(join(this.#dir, "base"), { facts });
  }

  async #subject(dir: string, { facts, overlay, previous }: CaseParts): Promise<CheckSubject> {
    const now = new Date(facts.now ?? CASE_TIME);
    const hosts = await withCertificates(dir, hostsOf(facts));
    const binaries = binariesOf(facts);
    const api = facts.api === undefined ? undefined : (merge(BASE_API, facts.api) as ApiFacts);
    const cluster = await loadCluster(dir);
    return directorySubject(cluster, cluster.workers, {
      now,
      hosts,
      ...(api === undefined ? {} : { api }),
      ...(previous === undefined ? {} : { previous }),
      versions: ({ name }) =>
        name === "node-1" ? (facts.otherVersions ?? facts.versions) : facts.versions,
      ...(binaries === undefined ? {} : { binaries }),
      ...(overlay === undefined ? {} : { tree: withRoot(overlay) }),
    });
  }

  async #previous(caseDir: string, now: Date): Promise<ReadonlyMap<string, NodeFacts> | undefined> {
    const own = join(caseDir, "previous");
    if ((await readdir(own).catch(() => undefined)) === undefined) return undefined;
    const cluster = await this.#overlaid(own, ["facts.json"], loadCluster);
    const facts = await readFacts(join(own, "facts.json"));
    const { nodes } = directorySubject(cluster, cluster.workers, {
      now,
      versions: () => facts.versions,
      hosts: hostsOf(facts),
    });
    return new Map(nodes.map((node) => [node.name, node]));
  }

  /** The case's directory for as long as it is read: what comes of it keeps the texts. */
  async #overlaid<T>(
    caseDir: string,
    without: readonly string[],
    read: (dir: string) => Promise<T>,
  ): Promise<T> {
    const dir = await mkdtemp(join(this.#dir, "case-"));
    try {
      await this.#overlay(dir, caseDir, without);
      return await read(dir);
    } finally {
      await rm(dir, { recursive: true });
    }
  }

  async #overlay(dir: string, caseDir: string, without: readonly string[]): Promise<void> {
    await cp(join(this.#dir, "base"), dir, { recursive: true });
    const pki = await readPki(join(caseDir, "pki.json"));
    const context = { inventory: PKI_INVENTORY, server: SERVER, now: CASE_TIME };
    if (pki !== undefined) await applyPki(dir, pki, context);
    const names = await readdir(caseDir, { recursive: true, withFileTypes: true });
    for (const entry of names) {
      const path = join(entry.parentPath, entry.name).slice(caseDir.length + 1);
      if (entry.isDirectory() || without.some((top) => path.split("/")[0] === top)) continue;
      if (path.endsWith(ABSENT)) await rm(join(dir, path.slice(0, -ABSENT.length)));
      else {
        await mkdir(dirname(join(dir, path)), { recursive: true });
        await cp(join(caseDir, path), join(dir, path));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}

async function readPki(path: string): Promise<CasePki | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  // cast: the cases are ours, as with facts.json.
  return text === undefined ? undefined : (JSON.parse(text) as CasePki);
}

async function readFacts(path: string): Promise<CaseFacts> {
  const text = await readFile(path, "utf8").catch(() => "{}");
  // cast: the cases are ours; a wrong key shows as a case that does not find what it should.
  return JSON.parse(text) as CaseFacts;
}

function hostsOf({ host, otherHost }: CaseFacts): ReadonlyMap<string, HostFacts> {
  const hosts = new Map<string, HostFacts>();
  if (host !== undefined) hosts.set("node-0", merge(BASE_HOST, host) as HostFacts);
  if (otherHost !== undefined) {
    hosts.set("node-1", merge(BASE_OTHER_HOST, otherHost) as HostFacts);
  }
  return hosts;
}

/** A dial's certificate may be given as the name of a file of the directory. */
async function withCertificates(
  dir: string,
  hosts: ReadonlyMap<string, HostFacts>,
): Promise<ReadonlyMap<string, HostFacts>> {
  const read = async ([endpoint, dial]: [string, HostFacts["dials"][string]]) => {
    const { certificate } = dial;
    if (certificate?.endsWith(".crt") !== true) return [endpoint, dial] as const;
    return [
      endpoint,
      { ...dial, certificate: await readFile(join(dir, certificate), "utf8") },
    ] as const;
  };
  const entries = [...hosts].map(async ([name, host]): Promise<[string, HostFacts]> => {
    const dials = Object.fromEntries(await Promise.all(Object.entries(host.dials).map(read)));
    return [name, { ...host, dials }];
  });
  return new Map(await Promise.all(entries));
}

function binariesOf({ binaries }: CaseFacts): ReadonlyMap<string, BinaryFact> | undefined {
  return binaries === undefined
    ? undefined
    : new Map(Object.entries(binaries).map(([path, fact]) => [path, { path, ...fact }]));
}

/** node-0 has what lies in `root/` beside its rendered files, all under their paths on the node. */
function withRoot(overlay: readonly NodeFile[]) {
  return (node: string, rendered: readonly NodeFile[]): NodeTree => {
    if (node !== "node-0") return treeOf(rendered, { isComplete: false });
    const gone = overlay.filter(({ path }) => path.endsWith(ABSENT)).map(({ path }) => path);
    const files = new Map(rendered.map((file) => [file.path, renamed(file)]));
    for (const file of overlay) files.set(file.path, file);
    for (const path of gone) {
      files.delete(path);
      files.delete(path.slice(0, -ABSENT.length));
    }
    return treeOf(files.values(), { isComplete: true });
  };
}

/** A rendered file under its name on the node. */
function renamed(file: NodeFile): NodeFile {
  return Object.defineProperty(Object.create(file), "shown", { value: file.path });
}

function workerOf(name: string, address: string) {
  return { name, fqdn: `${name}.kubernetes.local`, addresses: [address] };
}

/** Objects are merged, everything else is replaced: null is a value of facts. */
function merge(base: unknown, patch: unknown): unknown {
  if (!isObject(base) || !isObject(patch)) return patch;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) merged[key] = merge(base[key], value);
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Files below a directory, by their path from it; undefined where there is no such directory. */
async function filesBelow(dir: string): Promise<NodeFile[] | undefined> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(
    () => undefined,
  );
  if (entries === undefined) return undefined;
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const full = join(entry.parentPath, entry.name);
      const path = full.slice(dir.length);
      return { path, shown: path, mode: 0o644, uid: 0, gid: 0, text: await readFile(full, "utf8") };
    }),
  );
}
