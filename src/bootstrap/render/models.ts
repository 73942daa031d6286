import type { Problem } from "../../base/mod.ts";
import {
  type CniConfig,
  type CniPluginConfig,
  type ContainerdConfig,
  checkUnit,
  type ExecCommand,
  filesReadBy,
  type KubeletConfig,
  type KubeProxyConfig,
  type Located,
  mergeUnit,
  type Parsed,
  parseCniConfig,
  parseContainerdConfig,
  parseKubeletConfig,
  parseKubeProxyConfig,
  parseUnit,
  type UnitFile,
} from "../../config/mod.ts";
import type { Place } from "./places.ts";

/** What a node's files say, as far as they could be parsed. */
export interface NodeModels {
  readonly cni: readonly CniModel[];
  readonly containerd: ContainerdConfig | undefined;
  readonly kubelet: KubeletConfig | undefined;
  readonly kubeProxy: KubeProxyConfig | undefined;
  /** By the target path of the unit. */
  readonly units: ReadonlyMap<string, UnitModel>;
}

/** A network configuration; its plugins are worked out once, since asking for them is work each time. */
export interface CniModel {
  readonly template: string;
  readonly config: CniConfig;
  readonly plugins: readonly CniPluginConfig[];
  /** host-local's subnets as the template has them: placeholders, or subnets. */
  readonly subnets: readonly Located<string>[];
}

/** A unit with its drop-ins. */
export interface UnitModel {
  /** Target paths of the unit and its drop-ins. */
  readonly files: readonly string[];
  /** What its command lines name (`filesReadBy`). */
  readonly reads: readonly string[];
  /** The program of the first ExecStart. */
  readonly executable: Located<string> | undefined;
  /** The words after it. */
  readonly args: readonly Located<string>[];
  /** The commands before its start. */
  readonly execStartPre: readonly ExecCommand[];
}

/** A file's text on its way to the node. */
export interface PlacedText {
  readonly place: Place;
  readonly text: string;
  /** The text before the placeholders were replaced. */
  readonly template: string;
  /** Which placeholders were replaced: texts of one template and one variant differ in subnets alone. */
  readonly variant: string;
}

type Parse<T> = (text: PlacedText) => Parsed<T>;

/**
 * Parses the files of nodes. What differs between two nodes' texts of one template is one valid
 * subnet against another, so the first one's model and problems hold for all of them.
 */
export class ModelParser {
  readonly #cni = memoized(parseNetwork);
  readonly #containerd = memoized(({ text, place }) => parseContainerdConfig(text, place.source));
  readonly #kubelet = memoized(({ text, place }) => parseKubeletConfig(text, place.source));
  readonly #kubeProxy = memoized(({ text, place }) => parseKubeProxyConfig(text, place.source));
  readonly #units = new Map<string, Units>();

  /** The models of one node's files, and what the parsers had to say. */
  parse(texts: readonly PlacedText[]): {
    readonly models: NodeModels;
    readonly problems: readonly Problem[];
  } {
    const problems: Problem[] = [];
    const all = <T>(kind: Place["kind"], parse: Parse<T>): T[] => {
      const parsed = texts.filter(({ place }) => place.kind === kind).map(parse);
      problems.push(...parsed.flatMap((one) => one.problems));
      return parsed.flatMap(({ value }) => (value === undefined ? [] : [value]));
    };
    const models: NodeModels = {
      cni: all("cni", this.#cni),
      containerd: all("containerd", this.#containerd)[0],
      kubelet: all("kubelet", this.#kubelet)[0],
      kubeProxy: all("kube-proxy", this.#kubeProxy)[0],
      units: this.#readUnits(texts, problems),
    };
    return { models, problems };
  }

  /** Units are the same for most nodes: what they mean is worked out once for each set of texts. */
  #readUnits(texts: readonly PlacedText[], problems: Problem[]): NodeModels["units"] {
    const units = texts.filter(({ place }) => place.kind === "unit" || place.kind === "drop-in");
    const key = units.map(({ place, text }) => `${place.target}\0${text}`).join("\0");
    let known = this.#units.get(key);
    if (known === undefined) {
      known = readUnits(units);
      this.#units.set(key, known);
    }
    problems.push(...known.problems);
    return known.models;
  }
}

interface Units {
  readonly models: ReadonlyMap<string, UnitModel>;
  readonly problems: readonly Problem[];
}

function readUnits(texts: readonly PlacedText[]): Units {
  const models = new Map<string, UnitModel>();
  const problems: Problem[] = [];
  const read = ({ text, place }: PlacedText): UnitFile[] => {
    const parsed = parseUnit(text, place.source, { isPartial: true });
    problems.push(...parsed.problems);
    return parsed.value === undefined ? [] : [parsed.value];
  };
  // systemd reads drop-ins by file name, wherever they come from.
  const dropIns = texts
    .filter(({ place }) => place.kind === "drop-in")
    .sort((a, b) => (a.place.target < b.place.target ? -1 : 1));
  for (const main of texts.filter(({ place }) => place.kind === "unit")) {
    const { target } = main.place;
    const own = dropIns.filter(({ place }) => place.target.startsWith(`${target}.d/`));
    const [unit] = read(main);
    if (unit === undefined) continue;
    const merged = mergeUnit(unit, own.flatMap(read));
    problems.push(...checkUnit(merged));
    models.set(target, {
      files: [target, ...own.map(({ place }) => place.target)],
      reads: filesReadBy(merged).map(({ value }) => value),
      executable: merged.execStart[0]?.executable,
      args: merged.execStart[0]?.args ?? [],
      execStartPre: merged.execStartPre,
    });
  }
  return { models, problems };
}

/** A network as the node gets it, and the subnets that its template has, placeholders included. */
function parseNetwork({ text, template, place }: PlacedText): Parsed<CniModel> {
  const { value: config, problems } = parseCniConfig(text, place.source);
  if (config === undefined) return { value: undefined, problems };
  const { plugins } = config;
  const original = text === template ? config : parseCniConfig(template, place.source).value;
  const subnets = (original ?? config).subnets;
  return { value: { template, config, plugins, subnets }, problems };
}

function memoized<T>(parse: Parse<T>): Parse<T> {
  const known = new Map<string, Parsed<T>>();
  return (text) => {
    const key = `${text.place.source}\0${text.variant}\0${text.template}`;
    let parsed = known.get(key);
    if (parsed === undefined) {
      parsed = parse(text);
      known.set(key, parsed);
    }
    return parsed;
  };
}
