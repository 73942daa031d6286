import { err, type Problem } from "../../base/mod.ts";
import {
  checkUnit,
  type Kubeconfig,
  type KubeletConfig,
  memoizeParser,
  mergeUnit,
  type Parsed,
  parseCniConfig,
  parseContainerdConfig,
  parseKubeconfig,
  parseKubeletConfig,
  parseKubeProxyConfig,
  parseUnit,
  parseYaml,
  type UnitFile,
} from "../../config/mod.ts";
import { parseVersion } from "../version.ts";
import type { ApiFacts } from "./api-facts.ts";
import type { BinaryFact, ComponentVersions, VersionedComponent } from "./binaries.ts";
import { CertificateMemo } from "./certificate-memo.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Inventory, InventoryMachine } from "./inventory.ts";
import type {
  CertificateFact,
  FileKind,
  FileProblem,
  KubeconfigFact,
  NetworkFact,
  NodeFacts,
  TlsPair,
  UnitFact,
  Versions,
} from "./node-facts.ts";
import {
  CNI_CONF_DIR,
  CONTAINERD_CONFIG,
  CRICTL_CONFIG,
  KUBE_PROXY_CONFIG,
  KUBELET_CONFIG,
  KUBELET_KUBECONFIG,
  UNIT_DIRS,
} from "./node-paths.ts";
import type { NodeFile, NodeTree } from "./node-tree.ts";
import { flagValue } from "./unit-flags.ts";

/** What a source knows of a node beside its files. */
export interface NodeInput {
  readonly name: string;
  readonly now: Date;
  readonly files: NodeTree;
  readonly machine?: InventoryMachine;
  readonly inventory?: Inventory;
  readonly versions?: ComponentVersions;
  readonly binaries?: ReadonlyMap<string, BinaryFact>;
  readonly host?: HostFacts;
  readonly api?: ApiFacts;
  readonly previous?: NodeFacts;
  /** What rendering this node's files has found. */
  readonly renderProblems?: readonly Problem[];
}

/**
 * Works out nodes' facts from their files. One deriver serves all nodes of a check: texts that they
 * share are parsed once, and equal files give the very same models.
 */
export class FactDeriver {
  readonly parsers = {
    containerd: memoizeParser(parseContainerdConfig),
    kubelet: memoizeParser(parseKubeletConfig),
    "kube-proxy": memoizeParser(parseKubeProxyConfig),
    kubeconfig: memoizeParser(parseKubeconfig),
    cni: memoizeParser(parseCniConfig),
    crictl: memoizeParser(parseYaml),
    unit: memoizeParser((text: string, file: string) => parseUnit(text, file, { isPartial: true })),
  };
  readonly certificates = new CertificateMemo();
  readonly #units = new Map<string, { unit: UnitFile; problems: readonly Problem[] }>();
  readonly #versions = new Map<string, Versions>();

  /** The facts of one node; nothing is read before it is asked for. */
  derive(input: NodeInput): NodeFacts {
    return new DerivedFacts(input, this);
  }

  /** A unit with its drop-ins; the same object for the same texts. */
  mergedUnit(main: NodeFile, dropIns: readonly NodeFile[]) {
    const key = [main, ...dropIns].map(({ shown, text }) => `${shown}\0${text}`).join("\0");
    let known = this.#units.get(key);
    if (known === undefined) {
      const parsed = [main, ...dropIns].map(({ text = "", shown }) =>
        this.parsers.unit(text, shown),
      );
      const [first, ...rest] = parsed.flatMap(({ value }) => value ?? []);
      if (first === undefined)
        return { unit: undefined, problems: parsed.flatMap((p) => p.problems) };
      const unit = mergeUnit(first, rest);
      known = { unit, problems: [...parsed.flatMap((p) => p.problems), ...checkUnit(unit)] };
      this.#units.set(key, known);
    }
    return known;
  }

  /** The same object for the same versions. */
  versions(texts: ComponentVersions): Versions {
    const key = JSON.stringify(texts);
    let known = this.#versions.get(key);
    if (known === undefined) {
      const entries = Object.entries(texts).flatMap(([component, text]) => {
        const version = parseVersion(text);
        return version === undefined ? [] : [[component, version] as const];
      });
      // cast: the keys are those of `texts`.
      known = Object.fromEntries(entries) as Partial<Record<VersionedComponent, never>>;
      this.#versions.set(key, known);
    }
    return known;
  }
}

class DerivedFacts {
  readonly #input: NodeInput;
  readonly #deriver: FactDeriver;
  readonly #known = new Map<string, unknown>();
  readonly #problems: FileProblem[] = [];

  constructor(input: NodeInput, deriver: FactDeriver) {
    this.#input = input;
    this.#deriver = deriver;
  }

  get name() {
    return this.#input.name;
  }
  get now() {
    return this.#input.now;
  }
  get files() {
    return this.#input.files;
  }
  get machine() {
    return this.#input.machine;
  }
  get inventory() {
    return this.#input.inventory;
  }
  get binaries() {
    return this.#input.binaries;
  }
  get host() {
    return this.#input.host;
  }
  get runtime() {
    return this.#input.host?.runtime ?? undefined;
  }
  get api() {
    return this.#input.api;
  }
  get apiNode() {
    return this.#input.api?.nodes.find(({ name }) => name === this.name);
  }
  /** The renderer parses as well; what the files themselves give is not said again. */
  get renderProblems() {
    return this.#once("renderProblems", () => {
      const { renderProblems } = this.#input;
      if (renderProblems === undefined || renderProblems.length === 0) return renderProblems;
      const said = new Set(this.fileProblems.map(({ problem }) => sameLine(problem)));
      return renderProblems.filter((problem) => !said.has(sameLine(problem)));
    });
  }
  get previous() {
    return this.#input.previous;
  }
  get versions() {
    const { versions } = this.#input;
    return versions === undefined ? undefined : this.#deriver.versions(versions);
  }
  get containerdUnit() {
    return this.#once("containerdUnit", () => this.#unit("containerd.service"));
  }
  get kubeletUnit() {
    return this.#once("kubeletUnit", () => this.#unitInUse("kubelet.service"));
  }
  get kubeProxyUnit() {
    return this.#once("kubeProxyUnit", () => this.#unitInUse("kube-proxy.service"));
  }
  get containerdConfig() {
    return this.#once("containerdConfig", () => {
      const path = this.#flag(this.containerdUnit, ["--config", "-c"]) ?? CONTAINERD_CONFIG;
      return this.#model("containerd", path, this.#deriver.parsers.containerd);
    });
  }
  get kubeletConfig(): KubeletConfig | undefined {
    return this.#once("kubeletConfig", () => {
      if (!this.#isInUse("kubelet.service")) return undefined;
      const path = this.#flag(this.kubeletUnit, ["--config"]) ?? KUBELET_CONFIG;
      return this.#model("kubelet", path, this.#deriver.parsers.kubelet);
    });
  }
  get kubeProxyConfig() {
    return this.#once("kubeProxyConfig", () => {
      if (!this.#isInUse("kube-proxy.service")) return undefined;
      const path = this.#flag(this.kubeProxyUnit, ["--config"]) ?? KUBE_PROXY_CONFIG;
      return this.#model("kube-proxy", path, this.#deriver.parsers["kube-proxy"]);
    });
  }
  get crictlConfig() {
    return this.#once("crictlConfig", () => {
      const file = this.files.get(CRICTL_CONFIG);
      if (file?.text === undefined) return undefined;
      return this.#deriver.parsers.crictl(file.text, file.shown).value;
    });
  }
  get kubeletKubeconfig() {
    return this.#once("kubeletKubeconfig", () =>
      this.#isInUse("kubelet.service")
        ? this.#kubeconfig(this.#flag(this.kubeletUnit, ["--kubeconfig"]) ?? KUBELET_KUBECONFIG)
        : undefined,
    );
  }
  get bootstrapKubeconfig() {
    return this.#once("bootstrapKubeconfig", () => {
      const path = this.#flag(this.kubeletUnit, ["--bootstrap-kubeconfig"]);
      return path === undefined ? undefined : this.#kubeconfig(path);
    });
  }
  get kubeProxyKubeconfig() {
    return this.#once("kubeProxyKubeconfig", () => {
      const path = this.kubeProxyConfig?.kubeconfig?.value;
      return path === undefined ? undefined : this.#kubeconfig(path);
    });
  }
  get kubeletServing(): TlsPair | undefined {
    return this.#once("kubeletServing", () => {
      const certificatePath = this.kubeletConfig?.tlsCertFile;
      const keyPath = this.kubeletConfig?.tlsPrivateKeyFile;
      if (certificatePath === undefined || keyPath === undefined) return undefined;
      const key = this.files.get(keyPath.value);
      this.#noteUnreadable("certificate", key);
      return {
        certificatePath,
        keyPath,
        certificate: this.#certificate(certificatePath.value),
        key:
          key === undefined
            ? undefined
            : {
                shown: key.shown,
                fingerprint:
                  key.text === undefined
                    ? err(key.unreadable ?? "it was not read")
                    : this.#deriver.certificates.fingerprint(key.text),
              },
      };
    });
  }
  get clientAuthority() {
    return this.#once("clientAuthority", () => {
      const path = this.kubeletConfig?.clientCAFile?.value;
      return path === undefined ? undefined : this.#certificate(path);
    });
  }
  get networks() {
    return this.#once("networks", () => {
      const dir = this.containerdConfig?.cniConfDir.value ?? CNI_CONF_DIR;
      const names = this.files.list(dir);
      if (names === undefined) return undefined;
      // libcni's order, as containerd's go-cni has it: by name, whatever the ending.
      return names
        .filter((name) => /\.(conf|conflist|json)$/.test(name))
        .flatMap((name) => this.#network(`${dir}/${name}`, name) ?? []);
    });
  }
  /** Asks for everything that is parsed, and gives what that found. */
  get fileProblems() {
    return this.#once("fileProblems", () => {
      for (const fact of PARSED) void this[fact];
      for (const { file, problems } of this.networks ?? []) {
        this.#noteUnreadable("cni", file);
        this.#note("cni", problems);
      }
      return [...this.#problems];
    });
  }

  #once<T>(name: string, make: () => T): T {
    // cast: what was put under this name is what the same caller made.
    if (this.#known.has(name)) return this.#known.get(name) as T;
    const made = make();
    this.#known.set(name, made);
    return made;
  }

  #note(kind: FileKind, problems: readonly Problem[]): void {
    for (const problem of problems) this.#problems.push({ kind, problem });
  }

  #noteUnreadable(kind: FileKind, file: NodeFile | undefined): void {
    if (file?.unreadable !== undefined) this.#note(kind, [unreadableProblem(file)]);
  }

  #flag(unit: UnitFact | undefined, flags: readonly string[]): string | undefined {
    const found = unit === undefined ? undefined : flagValue(unit.unit, flags)?.value;
    return found?.startsWith("/") === true ? found : undefined;
  }

  #model<T>(
    kind: FileKind,
    path: string,
    parse: (text: string, file: string) => Parsed<T>,
  ): T | undefined {
    const file = this.files.get(path);
    this.#noteUnreadable(kind, file);
    if (file?.text === undefined) return undefined;
    const { value, problems } = parse(file.text, file.shown);
    this.#note(kind, problems);
    return value;
  }

  #unitInUse(name: string): UnitFact | undefined {
    return this.#isInUse(name) ? this.#unitOnce(name) : undefined;
  }

  /**
   * False for a component that has its files on the machine and nothing else: what its unit starts
   * is not installed, and nobody has enabled or started it. Such a node is no mistake.
   */
  #isInUse(name: string): boolean {
    return this.#once(`in use: ${name}`, () => {
      const state = this.#input.host?.units?.[name];
      if (state?.activeState !== "inactive" || state.unitFileState !== "disabled") return true;
      const fact = this.#unitOnce(name);
      // Who has written a drop-in means to start it.
      if (fact === undefined || fact.dropIns.length > 0) return true;
      return fact.unit.execStart.some(
        ({ executable: { value: path } }) =>
          this.files.get(path) !== undefined || this.binaries?.has(path) === true,
      );
    });
  }

  #unitOnce(name: string): UnitFact | undefined {
    return this.#once(`unit: ${name}`, () => this.#unit(name));
  }

  #unit(name: string): UnitFact | undefined {
    for (const dir of UNIT_DIRS) this.#noteUnreadable("unit", this.files.get(`${dir}/${name}`));
    const path = UNIT_DIRS.map((dir) => `${dir}/${name}`).find(
      (candidate) => this.files.get(candidate)?.text !== undefined,
    );
    const main = path === undefined ? undefined : this.files.get(path);
    if (path === undefined || main === undefined) return undefined;
    const dropIns = this.#dropIns(name);
    const { unit, problems } = this.#deriver.mergedUnit(main, dropIns);
    this.#note("unit", problems);
    return unit === undefined
      ? undefined
      : { name, path, unit, dropIns: dropIns.map((file) => file.path) };
  }

  /** systemd reads drop-ins by file name; of one name the directory that counts first. */
  #dropIns(unit: string): readonly NodeFile[] {
    const byName = new Map<string, NodeFile>();
    for (const dir of UNIT_DIRS) {
      for (const name of this.files.list(`${dir}/${unit}.d`) ?? []) {
        const file = this.files.get(`${dir}/${unit}.d/${name}`);
        if (!name.endsWith(".conf") || file === undefined || byName.has(name)) continue;
        this.#noteUnreadable("unit", file);
        if (file.text === undefined) continue;
        byName.set(name, file);
      }
    }
    return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
  }

  #certificate(path: string): CertificateFact | undefined {
    const file = this.files.get(path);
    this.#noteUnreadable("certificate", file);
    if (file?.text === undefined) return undefined;
    return this.#deriver.certificates.fact(file, file.text);
  }

  #kubeconfig(path: string): KubeconfigFact | undefined {
    const file = this.files.get(path);
    const kubeconfig = this.#model("kubeconfig", path, this.#deriver.parsers.kubeconfig);
    if (file === undefined || kubeconfig === undefined) return undefined;
    return this.#deriver.certificates.kubeconfig(file, () =>
      this.#madeKubeconfig(file, kubeconfig),
    );
  }

  #madeKubeconfig({ path, shown }: NodeFile, kubeconfig: Kubeconfig): KubeconfigFact {
    const { certificates } = this.#deriver;
    const context = kubeconfig.resolve();
    const text = (data: string | undefined, other: string | undefined): string | undefined =>
      data ?? (other === undefined ? undefined : this.files.get(resolvePath(path, other))?.text);
    const parts = context.ok ? context.value : undefined;
    const certificate = text(
      parts?.clientCertificateData?.value,
      parts?.clientCertificateFile?.value,
    );
    const key = text(parts?.clientKeyData?.value.reveal(), parts?.clientKeyFile?.value);
    const authorityPem = text(parts?.caData?.value, parts?.caFile?.value);
    return {
      path,
      shown,
      kubeconfig,
      context,
      clientCertificate: certificate === undefined ? undefined : certificates.inspect(certificate),
      clientKey: key === undefined ? undefined : certificates.fingerprint(key),
      authority: authorityPem === undefined ? undefined : certificates.inspect(authorityPem),
      authorityPem,
    };
  }

  #network(path: string, name: string): NetworkFact | undefined {
    const file = this.files.get(path);
    if (file === undefined) return undefined;
    if (file.text === undefined)
      return { file, name, config: undefined, plugins: [], problems: [] };
    const { value: config, problems } = this.#deriver.parsers.cni(file.text, file.shown);
    return { file, name, config, plugins: config?.plugins ?? [], problems };
  }
}

/** Facts whose making reads a file. */
const PARSED = [
  "containerdUnit",
  "kubeletUnit",
  "kubeProxyUnit",
  "containerdConfig",
  "kubeletConfig",
  "kubeProxyConfig",
  "kubeletKubeconfig",
  "bootstrapKubeconfig",
  "kubeProxyKubeconfig",
  "kubeletServing",
  "clientAuthority",
] as const;

function unreadableProblem({ path, shown, unreadable }: NodeFile): Problem {
  return {
    code: "unreadable",
    severity: "error",
    message: `Cannot read ${path}: ${unreadable}`,
    locations: [{ file: shown, line: 1, column: 1 }],
    fix: "Put the right file there, readable for this user",
  };
}

/** Columns may differ between nodes whose subnets do, so the line has to do. */
function sameLine({ code, message, locations: [first] }: Problem): string {
  return `${code}\0${first?.file}:${first?.line}\0${message}`;
}

/** A path in a kubeconfig is relative to the kubeconfig's own directory. */
function resolvePath(kubeconfig: string, path: string): string {
  if (path.startsWith("/")) return path;
  return `${kubeconfig.slice(0, kubeconfig.lastIndexOf("/"))}/${path}`;
}
