import type { Component } from "../../artifacts/mod.ts";
import type { Problem } from "../../base/mod.ts";
import { formatCidr } from "../../ip/mod.ts";
import type { PreflightSettings } from "../../node/mod.ts";
import type { DesiredNode, Digest } from "../../plan/mod.ts";
import {
  type Cluster,
  isWorker,
  type Machine,
  type NodeSettings,
  settingsOf,
} from "../inventory/mod.ts";
import {
  type Artifacts,
  artifactFiles,
  type ImageFile,
  type PlacedImage,
  placeImage,
  pluginUnits,
  versionsOf,
  whyAbsent,
} from "./artifact-files.ts";
import { checkBuiltin } from "./check-builtin.ts";
import { checkMasquerade } from "./check-masquerade.ts";
import { checkStateDirs } from "./check-state-dirs.ts";
import { checkSubnets } from "./check-subnets.ts";
import { type Content, FileMaker, type RenderedFile } from "./content.ts";
import { IdentityChecker } from "./identity.ts";
import { machineNeeds } from "./machine-needs.ts";
import { ModelParser, type NodeModels, type PlacedText } from "./models.ts";
import { MODULES, RouteTable, sysctlsOf } from "./network-files.ts";
import { ownFiles, routeFiles } from "./own-files.ts";
import { type Place, PlaceTable } from "./places.ts";
import { substitute } from "./substitute.ts";
import { tracesOf } from "./traces.ts";
import { ROUTES_UNIT_DESIRED, unitsOf } from "./units.ts";

/** What one node should be, with the bytes of every file. */
export interface RenderedNode {
  readonly desired: DesiredNode;
  readonly contents: ReadonlyMap<Digest, Content>;
  /** Component to version, of those that have files. */
  readonly versions: Readonly<Record<string, string>>;
  /** What the machine has to fit, beside what `desired` says. */
  readonly needs: PreflightSettings;
  /** True where the kubelet asks the cluster for its serving certificate (serverTLSBootstrap). */
  readonly asksServing?: boolean;
  /** What is wrong with this node's files; the cluster's own problems are not repeated. */
  readonly problems: readonly Problem[];
}

/** What comes from outside: the time for certificates, files that only effects can find. */
export interface RenderOptions {
  readonly now: Date;
  /** Image archives of this machine that every node gets. */
  readonly images?: readonly ImageFile[];
}

const DEFAULT_CRI_SOCKET = "/run/containerd/containerd.sock";

/**
 * Renders the nodes of one cluster: pure but for time. What the nodes share is parsed, hashed and
 * judged once, so one renderer serves all of them.
 */
export class Renderer {
  readonly #cluster: Cluster;
  readonly #places: PlaceTable;
  readonly #parser = new ModelParser();
  readonly #maker = new FileMaker();
  readonly #routes: RouteTable;
  readonly #identity: IdentityChecker;
  readonly #images: readonly PlacedImage[];

  constructor(cluster: Cluster, options: RenderOptions) {
    this.#images = (options.images ?? []).map(placeImage);
    this.#cluster = cluster;
    this.#places = new PlaceTable(cluster);
    this.#routes = new RouteTable(cluster);
    this.#identity = new IdentityChecker(cluster, options.now);
  }

  /** The desired state of one machine; without a pod subnet it gets routes alone. Components that are not among the artifacts are installed as far as they go. */
  render(machine: Machine, artifacts: Artifacts): RenderedNode {
    if (!isWorker(machine)) return this.#renderServer(machine);
    const settings = settingsOf(this.#cluster.settings, machine.name);
    const placed = this.#placeTexts(machine, settings);
    const { models, problems: modelProblems } = this.#parser.parse(placed.texts);
    const socket = models.containerd?.grpcAddress.value ?? DEFAULT_CRI_SOCKET;
    const criEndpoint = `unix://${socket}`;
    const { routes, batch } = this.#routes.of(machine);
    const files = this.#merge([
      ...artifactFiles(artifacts),
      ...this.#images.map(({ rendered }) => rendered),
      ...placed.texts.map((text) => this.#textFile(text)),
      ...ownFiles(this.#maker, {
        cluster: this.#cluster,
        machine,
        criEndpoint,
        routes: routes.length === 0 ? undefined : batch,
        pluginUnits: pluginUnits(artifacts),
      }),
    ]);
    const { units, problems: unitProblems } = unitsOf({
      models,
      readyTimeoutMs: this.#cluster.settings.readyTimeoutMs,
      paths: new Set(files.map(({ file }) => file.path)),
      criEndpoint,
      absent: (component) => whyAbsent(component, artifacts),
      missing: (component) => placed.missing.get(component) ?? [],
    });
    return {
      desired: {
        node: machine.name,
        fqdn: machine.fqdn,
        address: machine.address,
        podSubnets: machine.podSubnets.map(({ cidr }) => formatCidr(cidr)),
        files: files.map(({ file }) => file),
        units,
        modules: MODULES,
        sysctls: sysctlsOf(machine),
        // Only a kubelet that would not start beside swap is a reason to take it away.
        swap: models.kubelet?.failSwapOn.value === true ? "off" : "keep",
        routes,
        criEndpoint,
        images: this.#images.map(({ reference, path }) => ({ reference, path })),
        traces: tracesOf(models),
      },
      contents: new Map(files.map(({ file, content }) => [file.digest, content])),
      versions: versionsOf(artifacts),
      asksServing: models.kubelet?.serverTLSBootstrap.value === true,
      needs: machineNeeds({ models, units, artifacts, texts: placed.texts }),
      problems: [
        ...placed.problems,
        ...this.#judge(models, modelProblems, machine),
        ...unitProblems,
        ...this.#routes.problems,
        ...checkMasquerade(this.#cluster, models),
        ...checkBuiltin(settings, models),
        ...checkStateDirs(models),
        ...this.#identity.check(machine),
      ],
    };
  }

  /** A machine of the control plane: nodewright brings it routes, and nothing else of it is ours. */
  #renderServer(machine: Machine): RenderedNode {
    const { routes, batch } = this.#routes.of(machine);
    const files = routes.length === 0 ? [] : routeFiles(this.#maker, batch);
    return {
      desired: {
        node: machine.name,
        fqdn: machine.fqdn,
        address: machine.address,
        podSubnets: [],
        files: files.map(({ file }) => file),
        units: routes.length === 0 ? [] : [ROUTES_UNIT_DESIRED],
        modules: [],
        sysctls: {},
        swap: "keep",
        routes,
        criEndpoint: `unix://${DEFAULT_CRI_SOCKET}`,
        images: [],
        traces: { bridges: [], networks: [], stateDirs: [] },
      },
      contents: new Map(files.map(({ file, content }) => [file.digest, content])),
      versions: {},
      needs: {},
      problems: this.#routes.problems,
    };
  }

  /** The texts of the files from the cluster directory, and what is not there. */
  #placeTexts(machine: Machine, settings: NodeSettings) {
    const texts: PlacedText[] = [];
    const problems: Problem[] = [];
    const missing = new Map<Component, string[]>();
    let networks = 0;
    for (const place of this.#places.of(machine, settings.files)) {
      const { component, source, need, kind } = place;
      if (component !== undefined && settings.components[component]?.source === "none") continue;
      const text = this.#textOf(source);
      if (text !== undefined) {
        if (kind === "cni") networks++;
        texts.push(this.#substitute(text, place, machine, problems));
      } else if (need === "required") problems.push(missingFile(place));
      else if (need === "identity" && component !== undefined) {
        missing.set(component, [...(missing.get(component) ?? []), source]);
      }
    }
    if (networks === 0) problems.push(NO_NETWORK);
    return { texts, problems, missing };
  }

  #substitute(text: string, place: Place, machine: Machine, problems: Problem[]): PlacedText {
    if (place.kind !== "cni" && place.kind !== "kubelet") {
      return { place, text, template: text, variant: "" };
    }
    const done = substitute(text, place.source, machine);
    problems.push(...done.problems);
    const families = machine.podSubnets.map(({ cidr }) => cidr.family);
    return { place, text: done.text, template: text, variant: families.sort().join() };
  }

  #textOf(source: string): string | undefined {
    return this.#cluster.templates.get(source) ?? this.#cluster.secrets.get(source)?.reveal();
  }

  #textFile({ place, text, template }: PlacedText): RenderedFile {
    const options = { path: place.target, mode: place.mode, origin: place.source };
    const isOwn = text !== template || place.need === "identity";
    return isOwn ? this.#maker.own(text, options) : this.#maker.shared(text, options);
  }

  /** One file for each path: what the user puts at a place comes before what nodewright would. */
  #merge(files: readonly RenderedFile[]): readonly RenderedFile[] {
    const byPath = new Map<string, RenderedFile>();
    for (const rendered of files) {
      if (!byPath.has(rendered.file.path)) byPath.set(rendered.file.path, rendered);
    }
    return [...byPath.values()];
  }

  /** What the parsers and the subnets say; a placeholder that is no subnet is said once, in the better words. */
  #judge(models: NodeModels, parsed: readonly Problem[], machine: Machine): readonly Problem[] {
    const subnets = models.cni.flatMap((network) => checkSubnets(network, machine));
    const said = new Set(subnets.map((problem) => lineOf(problem)));
    return [
      ...parsed.filter((problem) => problem.code !== "wrong-value" || !said.has(lineOf(problem))),
      ...subnets,
    ];
  }
}

function lineOf({ locations: [first] }: Problem): string {
  return first === undefined ? "" : `${first.file}:${first.line}`;
}

const NO_NETWORK: Problem = {
  code: "missing-file",
  severity: "error",
  message: "Cannot find a network configuration: configs/*.conf or configs/*.conflist",
  locations: [{ file: "configs/10-bridge.conf", line: 1, column: 1 }],
  fix: "Put one there; nodewright init writes the stock one",
};

function missingFile({ source, target, component }: Place): Problem {
  const without =
    component === "kubelet" || component === "kube-proxy"
      ? `; nodes without ${component} have components.${component}.source: none in nodewright.yaml`
      : "";
  return {
    code: "missing-file",
    severity: "error",
    message: `Cannot find the file for ${target}: ${source}`,
    locations: [{ file: source, line: 1, column: 1 }],
    fix: `nodewright init writes the stock one${without}`,
  };
}
