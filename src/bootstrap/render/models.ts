import type { Problem } from "../../base/mod.ts";
import {
  type CniConfig,
  type ContainerdConfig,
  checkUnit,
  type KubeletConfig,
  type KubeProxyConfig,
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
  readonly cni: readonly { readonly place: Place; readonly config: CniConfig }[];
  readonly containerd: ContainerdConfig | undefined;
  readonly kubelet: KubeletConfig | undefined;
  readonly kubeProxy: KubeProxyConfig | undefined;
  /** Target path of the unit to the unit, its drop-ins merged into it, and their paths. */
  readonly units: ReadonlyMap<
    string,
    { readonly unit: UnitFile; readonly files: readonly string[] }
  >;
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
  readonly #unit = memoized((text, file) => parseUnit(text, file, { isPartial: true }));

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
          return config === undefined ? [] : [{ place: text.place, config }];
        }),
      containerd: only("containerd", this.#containerd),
      kubelet: only("kubelet", this.#kubelet),
      kubeProxy: only("kube-proxy", this.#kubeProxy),
      units: mergeUnits(texts, (text) => read(this.#unit, text)),
    };
    for (const { unit } of models.units.values()) problems.push(...checkUnit(unit));
    return { models, problems };
  }
}

function mergeUnits(
  texts: readonly PlacedText[],
  read: (text: PlacedText) => UnitFile | undefined,
): NodeModels["units"] {
  const units = new Map<string, { unit: UnitFile; files: string[] }>();
  for (const text of texts) {
    const unit = text.place.kind === "unit" ? read(text) : undefined;
    if (unit !== undefined) units.set(text.place.target, { unit, files: [text.place.target] });
  }
  const dropIns = texts.filter(({ place }) => place.kind === "drop-in");
  // systemd reads them by file name, wherever they come from.
  dropIns.sort((a, b) => (a.place.target < b.place.target ? -1 : 1));
  for (const text of dropIns) {
    const target = text.place.target.slice(0, text.place.target.lastIndexOf(".d/"));
    const main = units.get(target);
    const dropIn = read(text);
    if (main === undefined || dropIn === undefined) continue;
    units.set(target, {
      unit: mergeUnit(main.unit, [dropIn]),
      files: [...main.files, text.place.target],
    });
  }
  return units;
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
