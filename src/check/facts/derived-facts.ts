import { err, type Problem } from "../../base/mod.ts";
import type {
  ConfigDocument,
  ContainerdConfig,
  GivenFlag,
  KubeletConfig,
  KubeProxyConfig,
} from "../../config/mod.ts";
import { type EmbeddedNode, readEmbeddedNode } from "./embedded-node.ts";
import type { FactMemo } from "./fact-memo.ts";
import { FileReader } from "./file-reader.ts";
import type { NotFound, TlsPair, UnitFact } from "./node-facts.ts";
import type { NodeInput } from "./node-input.ts";
import {
  CNI_CONF_DIR,
  CONTAINERD_CONFIG,
  CRICTL_CONFIG,
  KUBE_PROXY_CONFIG,
  KUBELET_CONFIG,
  KUBELET_KUBECONFIG,
} from "./node-paths.ts";
import { findNotFound } from "./not-found.ts";
import { readContainerd } from "./read-containerd.ts";
import { flagValue, kubeletFlags, proxyFlags } from "./unit-flags.ts";

/** The facts of one node, each worked out once, when it is first asked for. */
export class DerivedFacts {
  readonly #input: NodeInput;
  readonly #memo: FactMemo;
  readonly #known = new Map<string, unknown>();
  readonly #read: FileReader;

  constructor(input: NodeInput, memo: FactMemo) {
    this.#input = input;
    this.#memo = memo;
    this.#read = new FileReader(input.files, memo, input.host?.hostname ?? input.name);
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
  get persistentSwaps() {
    return this.#input.host?.persistentSwaps ?? this.#input.persistentSwaps;
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
    return versions === undefined ? undefined : this.#memo.versions(versions);
  }
  get containerdUnit() {
    return this.#once(
      "containerdUnit",
      () => this.#embedded?.containerd ?? this.#read.unit("containerd.service"),
    );
  }
  get kubeletUnit() {
    return this.#once(
      "kubeletUnit",
      () => this.#embedded?.kubelet ?? this.#unitInUse("kubelet.service"),
    );
  }
  get kubeProxyUnit() {
    return this.#once("kubeProxyUnit", () => this.#unitInUse("kube-proxy.service"));
  }
  get containerdConfig(): ContainerdConfig | undefined {
    return this.#once("containerdConfig", () => {
      const path = this.#flag(this.containerdUnit, ["--config", "-c"]) ?? CONTAINERD_CONFIG;
      return readContainerd({
        read: this.#read,
        memo: this.#memo,
        path,
        version: this.versions?.containerd,
      });
    });
  }
  get kubeletConfig(): KubeletConfig | undefined {
    return this.#once("kubeletConfig", () => {
      if (!this.#isInUse("kubelet.service")) return undefined;
      const path = this.#flag(this.kubeletUnit, ["--config"]) ?? KUBELET_CONFIG;
      const file = this.#read.model("kubelet", path, this.#memo.parsers.kubelet);
      // Nothing is known of a configuration whose main file cannot be read.
      if (file === undefined && !this.#hasFlagsOnly(this.kubeletUnit, path)) return undefined;
      const dir = this.#flag(this.kubeletUnit, ["--config-dir"]);
      if (dir !== undefined) this.#read.note("kubelet", this.#missingFolder(dir));
      const { value, problems } = this.#memo.effectiveKubelet({
        file: file?.document,
        dropIns: dir === undefined ? [] : this.#kubeletDropIns(dir),
        flags:
          this.kubeletUnit === undefined ? NO_FLAGS : kubeletFlags(this.kubeletUnit.unit).flags,
        name: path,
      });
      this.#read.note("kubelet-flags", problems);
      return value;
    });
  }
  get kubeProxyConfig(): KubeProxyConfig | undefined {
    return this.#once("kubeProxyConfig", () => {
      if (!this.#isInUse("kube-proxy.service")) return undefined;
      const path = this.#flag(this.kubeProxyUnit, ["--config"]) ?? KUBE_PROXY_CONFIG;
      const file = this.#read.model("kube-proxy", path, this.#memo.parsers["kube-proxy"]);
      if (file === undefined && !this.#hasFlagsOnly(this.kubeProxyUnit, path)) return undefined;
      const { value, problems } = this.#memo.effectiveKubeProxy({
        file: file?.document,
        flags:
          this.kubeProxyUnit === undefined ? NO_FLAGS : proxyFlags(this.kubeProxyUnit.unit).flags,
        name: path,
      });
      this.#read.note("kube-proxy-flags", problems);
      return value;
    });
  }
  get crictlConfig() {
    return this.#once("crictlConfig", () => {
      const file = this.files.get(CRICTL_CONFIG);
      if (file?.text === undefined) return undefined;
      return this.#memo.parsers.crictl(file.text, file.shown).value;
    });
  }
  get kubeletKubeconfig() {
    return this.#once("kubeletKubeconfig", () =>
      this.#isInUse("kubelet.service")
        ? this.#read.kubeconfig(
            this.#flag(this.kubeletUnit, ["--kubeconfig"]) ?? KUBELET_KUBECONFIG,
          )
        : undefined,
    );
  }
  get bootstrapKubeconfig() {
    return this.#once("bootstrapKubeconfig", () => {
      const path = this.#flag(this.kubeletUnit, ["--bootstrap-kubeconfig"]);
      return path === undefined ? undefined : this.#read.kubeconfig(path);
    });
  }
  get kubeProxyKubeconfig() {
    return this.#once("kubeProxyKubeconfig", () => {
      const path = this.kubeProxyConfig?.kubeconfig?.value;
      return path === undefined ? undefined : this.#read.kubeconfig(path);
    });
  }
  get kubeletServing(): TlsPair | undefined {
    return this.#once("kubeletServing", () => {
      const certificatePath = this.kubeletConfig?.tlsCertFile;
      const keyPath = this.kubeletConfig?.tlsPrivateKeyFile;
      if (certificatePath === undefined || keyPath === undefined) return undefined;
      const key = this.files.get(keyPath.value);
      this.#read.noteUnreadable("certificate", key);
      return {
        certificatePath,
        keyPath,
        certificate: this.#read.certificate(certificatePath.value),
        key:
          key === undefined
            ? undefined
            : {
                shown: key.shown,
                fingerprint:
                  key.text === undefined
                    ? err(key.unreadable ?? "it was not read")
                    : this.#memo.certificates.fingerprint(key.text),
              },
      };
    });
  }
  get clientAuthority() {
    return this.#once("clientAuthority", () => {
      const path = this.kubeletConfig?.clientCAFile?.value;
      return path === undefined ? undefined : this.#read.certificate(path);
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
        .flatMap((name) => this.#read.network(`${dir}/${name}`, name) ?? []);
    });
  }
  get notFound(): readonly NotFound[] {
    return this.#once("notFound", () => findNotFound(this));
  }
  /** Asks for everything that is parsed, and gives what that found. */
  get fileProblems() {
    return this.#once("fileProblems", () => {
      for (const fact of PARSED) void this[fact];
      for (const { file, problems } of this.networks ?? []) {
        this.#read.noteUnreadable("cni", file);
        this.#read.note("cni", problems);
      }
      return [...this.#read.problems];
    });
  }

  /** The kubelet ends where its folder of drop-ins is not there. */
  #missingFolder(dir: string): Problem[] {
    const flag = this.kubeletUnit && flagValue(this.kubeletUnit.unit, ["--config-dir"]);
    if (flag === undefined || !this.files.isComplete || this.files.list(dir) !== undefined)
      return [];
    const message = `The kubelet does not start without its folder of drop-ins: --config-dir=${dir}`;
    const fix = `make the folder ${dir}, or remove --config-dir`;
    const locations = [flag.location];
    return [{ code: "missing-folder", severity: "error", message, locations, fix }];
  }

  /** The `*.conf` files of --config-dir, those of folders in it as well: filepath.WalkDir's order. */
  #kubeletDropIns(dir: string): readonly ConfigDocument[] {
    return (this.files.list(dir) ?? []).flatMap((name) => {
      const path = `${dir}/${name}`;
      if (this.files.list(path) !== undefined) return this.#kubeletDropIns(path);
      if (!name.endsWith(".conf")) return [];
      return this.#read.model("kubelet", path, this.#memo.parsers.kubelet)?.document ?? [];
    });
  }

  #once<T>(name: string, make: () => T): T {
    // cast: what was put under this name is what the same caller made.
    if (this.#known.has(name)) return this.#known.get(name) as T;
    const made = make();
    this.#known.set(name, made);
    return made;
  }

  /** One service that runs all parts; a kubelet with a unit of its own counts before it. */
  get #embedded(): EmbeddedNode | undefined {
    return this.#once("embedded", () =>
      this.files.isComplete && this.#unitOnce("kubelet.service") === undefined
        ? readEmbeddedNode(this.#read)
        : undefined,
    );
  }

  /** A program whose whole command line is known and names no file: its flags are all there is. */
  #hasFlagsOnly(fact: UnitFact | undefined, usual: string): boolean {
    const command = fact?.unit.execStart[0];
    if (fact === undefined || command === undefined || this.files.get(usual) !== undefined)
      return false;
    // Older releases of k3s and RKE2 pass everything by flags that are in no file.
    if (fact.distribution !== undefined && flagValue(fact.unit, ["--config-dir"]) === undefined)
      return false;
    const isKnown =
      fact.environment.isComplete || !("unset" in command) || command.unset.length === 0;
    return this.files.isComplete && isKnown && flagValue(fact.unit, ["--config"]) === undefined;
  }

  #flag(unit: UnitFact | undefined, flags: readonly string[]): string | undefined {
    const found = unit === undefined ? undefined : flagValue(unit.unit, flags)?.value;
    return found?.startsWith("/") === true ? found : undefined;
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
    return this.#once(`unit: ${name}`, () => this.#read.unit(name));
  }
}

const NO_FLAGS: readonly GivenFlag[] = [];

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

/** Columns and quoted values may differ between nodes whose subnets do, so the line has to do. */
function sameLine({ code, locations: [first] }: Problem): string {
  return `${code}\0${first?.file}:${first?.line}`;
}
