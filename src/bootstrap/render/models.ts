import type { Problem } from "../../base/mod.ts";
import {
  type CniConfig,
  type CniPluginConfig,
  type ContainerdConfig,
  checkUnit,
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
  readonly place: Place;
  readonly config: CniConfig;
  readonly plugins: readonly CniPluginConfig[];
}

/** A unit with its drop-ins. */
export interface UnitModel {
  /** Target paths of the unit and its drop-ins. */
  readonly files: readonly string[];
  /** What its command lines name (`filesReadBy`). */
  readonly reads: readonly string[];
  /** The program of the first ExecStart. */
  readonly executable: Located<string> | undefined;
}

/** A file's text on its way to the node. */
export interface PlacedText {
  readonly place: Place;
  readonly text: string;
  /** True where no other node has this text. */
  readonly isOwn: boolean;
}

type Parse<T> = (text: string, file: string) => Parsed<T>;

/** Parses the files of nodes; a text that several nodes share is parsed once. */
export class ModelParser {
  readonly #cni = memoized(parseCniConfig);
  readonly #containerd = memoized(parseContainerdConfig);
  readonly #kubelet = memoized(parseKubeletConfig);
  readonly #kubeProxy = memoized(parseKubeProxyConfig);
  readonly #units = new Map<string, Units>();

  /** The models of one node's files, and what the parsers had to say. */
  parse(texts: readonly PlacedText[]): {
    readonly models: NodeModels;
    readonly problems: readonly Problem[];
  } {
    const problems: Problem[] = [];
    const read = <T>(parser: Memoized<T>, { place, text, isOwn }: PlacedText): T | undefined => {
      const parsed = (isOwn ? parser.fresh : parser.shared)(text, place.source);
      problems.push(...parsed.problems);
      return parsed.value;
    };
    const only = <T>(kind: Place["kind"], parser: Memoized<T>): T | undefined => {
      const found = texts.find(({ place }) => place.kind === kind);
      return found === undefined ? undefined : read(parser, found);
    };
    const models: NodeModels = {
      cni: texts
        .filter(({ place }) => place.kind === "cni")
        .flatMap((text) => {
          const config = read(this.#cni, text);
          if (config === undefined) return [];
          return [{ place: text.place, config, plugins: config.plugins }];
        }),
      containerd: only("containerd", this.#containerd),
      kubelet: only("kubelet", this.#kubelet),
      kubeProxy: only("kube-proxy", this.#kubeProxy),
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
    });
  }
  return { models, problems };
}

interface Memoized<T> {
  readonly shared: Parse<T>;
  readonly fresh: Parse<T>;
}

function memoized<T>(parse: Parse<T>): Memoized<T> {
  const known = new Map<string, Parsed<T>>();
  const shared: Parse<T> = (text, file) => {
    const key = `${file}\0${text}`;
    let parsed = known.get(key);
    if (parsed === undefined) {
      parsed = parse(text, file);
      known.set(key, parsed);
    }
    return parsed;
  };
  return { shared, fresh: parse };
}
