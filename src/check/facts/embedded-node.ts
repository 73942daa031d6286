import {
  type ConfigDocument,
  type ConfigNode,
  type ExecCommand,
  type Located,
  parseYaml,
  type UnitArgument,
} from "../../config/mod.ts";
import { type Distribution, EMBEDDING_UNITS } from "./distributions.ts";
import type { FileReader } from "./file-reader.ts";
import type { UnitFact } from "./node-facts.ts";
import { unitFlags } from "./unit-flags.ts";

/**
 * What one service of a distribution runs, each part as a unit of its own would have it. kube-proxy
 * is not among them: its network of pods comes from the server and is in no file of the node.
 */
export interface EmbeddedNode {
  readonly distribution: Distribution;
  readonly containerd: UnitFact;
  readonly kubelet: UnitFact;
}

/**
 * The parts of a k3s or RKE2 node: what its service passes to each, out of the service's command
 * line and its config.yaml. Undefined where no such service is there.
 */
export function readEmbeddedNode(read: FileReader): EmbeddedNode | undefined {
  for (const [name, distribution] of Object.entries(EMBEDDING_UNITS)) {
    const unit = read.unit(name);
    if (unit !== undefined) return embeddedIn(unit, { distribution, read });
  }
  return undefined;
}

interface Embedding {
  readonly distribution: Distribution;
  readonly read: FileReader;
}

function embeddedIn(service: UnitFact, { distribution, read }: Embedding): EmbeddedNode {
  const options = readOptions(service, { distribution, read });
  const place = service.unit.execStart[0]?.executable.location ?? {
    file: service.unit.file,
    line: 1,
    column: 1,
  };
  const dir = `${options.last("data-dir")?.value ?? `/var/lib/rancher/${distribution}`}/agent`;
  const implied = (flag: string, value: string | undefined): UnitArgument[] =>
    value === undefined ? [] : [{ value: `--${flag}=${value}`, location: place, isDefault: true }];
  const named = (flag: string, option: string): UnitArgument[] => {
    const given = options.last(option);
    return given === undefined ? [] : [asFlag({ ...given, value: `${flag}=${given.value}` })];
  };
  const part = (program: string, args: readonly UnitArgument[]): UnitFact => {
    const value = programOf(read, { distribution, program, dir });
    const command: ExecCommand = {
      prefixes: "",
      executable: { value, location: place, isDefault: true },
      args,
    };
    return { ...service, distribution, unit: service.unit.startedAs(command) };
  };
  const drops = `${dir}/etc/kubelet.conf.d`;
  return {
    distribution,
    containerd: part("containerd", implied("config", `${dir}/etc/containerd/config.toml`)),
    kubelet: part("kubelet", [
      ...implied("config-dir", read.files.list(drops) === undefined ? undefined : drops),
      ...implied("kubeconfig", `${dir}/kubelet.kubeconfig`),
      ...named("hostname-override", "node-name"),
      ...named("node-ip", "node-ip"),
      ...options.all("kubelet-arg").map(asFlag),
    ]),
  };
}

/** `max-pods=200` of config.yaml as the argument that the program gets. */
function asFlag({ value, location }: Located<string>): UnitArgument {
  const { file, line, column } = location;
  const dashes = value.startsWith("--") ? "" : "--";
  return {
    value: `${dashes}${value}`,
    location: { file, line, column: Math.max(1, column - dashes.length) },
    isDefault: false,
  };
}

/** Where a distribution unpacks its programs. */
function programOf(
  { files }: FileReader,
  { distribution, program, dir }: Record<"distribution" | "program" | "dir", string>,
): string {
  const base = dir.slice(0, -"/agent".length);
  const bin = distribution === "k3s" ? `${base}/data/current/bin` : `${base}/bin`;
  const own = `${bin}/${program}`;
  // The kubelet of k3s is a part of the k3s executable itself.
  return files.get(own) === undefined ? `/usr/local/bin/${distribution}` : own;
}

/** The options of a service: of a name all values, or the last one. */
interface Options {
  readonly all: (name: string) => readonly Located<string>[];
  readonly last: (name: string) => Located<string> | undefined;
}

/** config.yaml, over it the files of config.yaml.d, over them the command line and the environment. */
function readOptions(service: UnitFact, { distribution, read }: Embedding): Options {
  const flags = unitFlags(service.unit);
  const own = flags.findLast(({ name }) => name === "--config" || name === "-c")?.value?.value;
  const main = own ?? `/etc/rancher/${distribution}/config.yaml`;
  const names = read.files.list(`${main}.d`) ?? [];
  const paths = [main, ...names.filter((n) => /\.ya?ml$/.test(n)).map((n) => `${main}.d/${n}`)];
  const values = new Map<string, readonly Located<string>[]>();
  for (const path of paths) {
    const file = read.files.get(path);
    read.noteUnreadable("distribution", file);
    if (file?.text === undefined) continue;
    const parsed = parseYaml(file.text, file.shown);
    read.note("distribution", parsed.problems);
    for (const [key, texts] of parsed.value === undefined ? [] : optionsOf(parsed.value)) {
      const name = key.replace(/\+$/, "");
      values.set(name, key === name ? texts : [...(values.get(name) ?? []), ...texts]);
    }
  }
  const prefix = distribution.toUpperCase();
  const ofEnvironment = (name: string): readonly Located<string>[] => {
    const variable = `${prefix}_${name.replaceAll("-", "_").toUpperCase()}`;
    const found = service.environment.variables.get(variable);
    return found === undefined ? [] : [{ ...found, isDefault: false }];
  };
  const all = (name: string): readonly Located<string>[] => [
    ...ofEnvironment(name),
    ...(values.get(name) ?? []),
    ...flags.flatMap((flag) => (flag.name === `--${name}` ? (flag.value ?? []) : [])),
  ];
  return { all, last: (name) => all(name).at(-1) };
}

function optionsOf(document: ConfigDocument): readonly [string, readonly Located<string>[]][] {
  if (document.root.kind !== "map") return [];
  return [...document.root.entries].map(([key, { node }]) => {
    const items = node.kind === "list" ? node.items : [node];
    return [key, items.flatMap((item) => textOf(item, document))];
  });
}

function textOf(node: ConfigNode, document: ConfigDocument): readonly Located<string>[] {
  if (node.kind !== "scalar" || node.value === null) return [];
  const value = node.source ?? String(node.value);
  return [{ value, location: document.locate(node.offset), isDefault: false }];
}
