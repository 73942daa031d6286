import { ARCHES } from "../../artifacts/mod.ts";
import {
  type ApiFacts,
  type BinaryFact,
  type CheckSubject,
  type ComponentVersions,
  FactDeriver,
  type HostFacts,
  type Inventory,
  type NodeFacts,
  type NodeFile,
  type NodeTree,
  treeOf,
} from "../../check/mod.ts";
import type { Digest } from "../../plan/mod.ts";
import type { Cluster, Machine } from "../inventory/mod.ts";
import { type Artifacts, type Content, type RenderedNode, Renderer } from "../render/mod.ts";
import { templateProblems } from "./template-problems.ts";

/** What is known beside the directory itself; each part may be absent. */
export interface DirectoryExtras {
  readonly now: Date;
  /** The nodes' files, by name, where they have been rendered before; without binaries. */
  readonly rendered?: ReadonlyMap<string, RenderedNode>;
  /** Absent: no binaries are looked into. */
  readonly artifacts?: (machine: Machine) => Artifacts;
  /** What running machines say, by name. */
  readonly hosts?: ReadonlyMap<string, HostFacts>;
  readonly api?: ApiFacts;
  /** What the nodes run now, by name. */
  readonly previous?: ReadonlyMap<string, NodeFacts>;
  /** Versions that are known otherwise than by artifacts. */
  readonly versions?: (machine: Machine) => ComponentVersions | undefined;
  /** Executables that are known otherwise than by artifacts. */
  readonly binaries?: ReadonlyMap<string, BinaryFact>;
  /** What becomes of a node's rendered files; by default they are its tree. */
  readonly tree?: (node: string, rendered: readonly NodeFile[]) => NodeTree;
}

/** The facts of a cluster directory: every worker's files as they would be rendered. */
export function directorySubject(
  cluster: Cluster,
  machines: readonly Machine[],
  extras: DirectoryExtras,
): CheckSubject {
  const { now, api } = extras;
  const renderer = new Renderer(cluster, { now });
  const source = new DirectorySource(cluster, { now, ...(api === undefined ? {} : { api }) });
  const nodes = machines.map((machine) => {
    const artifacts = extras.artifacts?.(machine);
    const rendered =
      extras.rendered?.get(machine.name) ?? renderer.render(machine, artifacts ?? []);
    const { versions, binaries } =
      artifacts === undefined
        ? { versions: extras.versions?.(machine), binaries: extras.binaries }
        : binariesOf(artifacts);
    return source.node(machine, rendered, {
      tree: extras.tree,
      versions,
      binaries,
      host: extras.hosts?.get(machine.name),
      previous: extras.previous?.get(machine.name),
    });
  });
  return source.subject(nodes);
}

/** What is known of a node beside its rendered files. */
export interface RenderedExtras {
  readonly tree?: DirectoryExtras["tree"] | undefined;
  readonly versions?: ComponentVersions | undefined;
  readonly binaries?: ReadonlyMap<string, BinaryFact> | undefined;
  readonly host?: HostFacts | undefined;
  readonly previous?: NodeFacts | undefined;
}

/** Turns rendered nodes of one directory into facts; what they share is worked out once. */
export class DirectorySource {
  readonly #deriver = new FactDeriver();
  readonly #texts = new TextCache();
  readonly #inventory: Inventory;
  readonly #context: { readonly now: Date; readonly api?: ApiFacts };

  constructor(cluster: Cluster, context: { readonly now: Date; readonly api?: ApiFacts }) {
    this.#inventory = inventoryOf(cluster);
    this.#context = context;
  }

  /** The facts of one node as it would be. */
  node(
    machine: Machine,
    rendered: Pick<RenderedNode, "desired" | "contents" | "problems">,
    { tree = renderedTree, versions, binaries, host, previous }: RenderedExtras,
  ): NodeFacts {
    return this.#deriver.derive({
      ...this.#context,
      name: machine.name,
      machine,
      inventory: this.#inventory,
      files: tree(machine.name, filesOf(rendered, this.#texts)),
      renderProblems: rendered.problems,
      ...(versions === undefined ? {} : { versions }),
      ...(binaries === undefined ? {} : { binaries }),
      ...(host === undefined ? {} : { host }),
      ...(previous === undefined ? {} : { previous }),
    });
  }

  subject(nodes: readonly NodeFacts[]): CheckSubject {
    return { ...this.#context, nodes, inventory: this.#inventory };
  }
}

function renderedTree(_node: string, files: readonly NodeFile[]): NodeTree {
  return treeOf(files, { isComplete: false });
}

/** The cluster-wide facts of a directory. */
export function inventoryOf(cluster: Cluster): Inventory {
  const { machines, clusterCidrs, settings, problems } = cluster;
  return {
    machines,
    ...(clusterCidrs === undefined ? {} : { clusterCidrs }),
    images: settings.images,
    hasRoutes: settings.routes,
    ...(settings.masquerade === undefined ? {} : { masquerades: settings.masquerade }),
    problems: [...problems, ...cluster.localProblems, ...cluster.controlPlaneProblems],
    ...(cluster.workers.length > 0 ? {} : { templateProblems: templateProblems(cluster) }),
  };
}

function filesOf(
  rendered: Pick<RenderedNode, "desired" | "contents">,
  texts: TextCache,
): NodeFile[] {
  return rendered.desired.files.map((file) => {
    const content = rendered.contents.get(file.digest);
    const base = {
      path: file.path,
      shown: file.origin,
      mode: file.mode,
      uid: 0,
      gid: 0,
      sizeBytes: file.sizeBytes,
    };
    if (!file.text || content?.kind !== "bytes") return base;
    return {
      ...base,
      get text() {
        return texts.of(file.digest, content);
      },
    };
  });
}

/** Texts that nodes share are decoded once, so that parsers see the same string. */
class TextCache {
  readonly #known = new Map<Digest, string>();

  of(digest: Digest, content: Content & { kind: "bytes" }): string {
    let text = this.#known.get(digest);
    if (text === undefined) {
      text = new TextDecoder().decode(content.bytes);
      this.#known.set(digest, text);
    }
    return text;
  }
}

function binariesOf(artifacts: Artifacts): {
  versions: ComponentVersions;
  binaries: ReadonlyMap<string, BinaryFact>;
} {
  const versions: { -readonly [K in keyof ComponentVersions]: ComponentVersions[K] } = {};
  const binaries = new Map<string, BinaryFact>();
  for (const set of artifacts) {
    if (set.kind !== "set") continue;
    if (set.version !== "unknown") versions[set.component] = set.version;
    for (const file of set.files) {
      binaries.set(file.installPath, {
        path: file.installPath,
        origin: file.origin,
        machine: ARCHES[set.arch].uname,
        sha256: file.sha256,
        ...(set.source === "builtin" ? { isBuiltin: true } : {}),
        ...(file.version === undefined ? {} : { version: file.version }),
        ...(file.needs === undefined ? {} : { interpreter: file.needs.interpreter }),
        ...(file.needs?.glibc === undefined ? {} : { glibc: file.needs.glibc }),
      });
    }
  }
  return { versions, binaries };
}
