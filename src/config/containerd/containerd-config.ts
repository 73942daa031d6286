import type { Problem } from "../../base/mod.ts";
import type { ConfigDocument, Path } from "../document/config-document.ts";
import { findUnexpanded } from "../document/find-unexpanded.ts";
import { parseToml } from "../document/parse-toml.ts";
import { joinProblems } from "../document/problems.ts";
import type { ConfigInput, Parsed } from "../document/source-text.ts";
import { always, ConfigReader, type Located } from "../schema/config-reader.ts";
import { validate } from "../schema/validate.ts";
import { type ContainerdConfigVersion, LAYOUTS, type Layout } from "./containerd-layout.ts";
import { CRI_V2 } from "./containerd-v2.ts";
import { CRI_IMAGES_V3, CRI_RUNTIME_V3, CRI_SERVER_V3 } from "./containerd-v3.ts";

/**
 * Parses containerd's config.toml. Unknown keys inside sections that are known here are warnings
 * (containerd ignores them); sections that the file's version does not read at all are errors.
 */
export function parseContainerdConfig(input: ConfigInput, file: string): Parsed<ContainerdConfig> {
  return containerdConfigOf(parseToml(input, file));
}

/** The same of a document: one that was parsed already, or merged out of several. */
export function containerdConfigOf(parsed: Parsed<ConfigDocument>): Parsed<ContainerdConfig> {
  const document = parsed.value;
  if (document === undefined) return { value: undefined, problems: parsed.problems };
  const version = versionOf(document);
  if (version === undefined) {
    const problem: Problem = {
      code: "wrong-version",
      severity: "error",
      message: "Expected a version from 1 to 4 of containerd's configuration",
      locations: [document.at(["version"])],
      fix: "write version = 2 for containerd 1.x, version = 3 for 2.x",
    };
    return { value: undefined, problems: [...parsed.problems, problem] };
  }
  const config = new ContainerdConfig(document, version);
  const problems = joinProblems(parsed.problems, [
    ...unreadSections(document, version),
    ...validate(document, LAYOUTS[version].schema, { unknownKeys: "warning" }),
    ...incompleteRuntimes(config),
    ...findUnexpanded(document),
  ]);
  return { value: config, problems };
}

function versionOf(document: ConfigDocument): ContainerdConfigVersion | undefined {
  const node = document.node(["version"]);
  if (node === undefined) return 1;
  const value = node.kind === "scalar" ? node.value : undefined;
  return value === 1 || value === 2 || value === 3 || value === 4 ? value : undefined;
}

/** One entry of the CRI plugin's table of runtimes. */
export interface ContainerdRuntime {
  readonly name: Located<string>;
  /** "" where version 2 leaves it out: containerd 1.x then has no runtime of that name that works. */
  readonly runtimeType: Located<string>;
  readonly systemdCgroup: Located<boolean>;
  /** The OCI runtime's executable; "" for runc from PATH. */
  readonly binaryName: Located<string>;
  readonly snapshotter: Located<string>;
  readonly cniConfDir: Located<string>;
}

/** A containerd configuration, its values at the places where its version keeps them. */
export class ContainerdConfig {
  readonly version: ContainerdConfigVersion;
  readonly reader: ConfigReader;
  readonly #layout: Layout;

  constructor(document: ConfigDocument, version: ContainerdConfigVersion) {
    this.version = version;
    this.#layout = LAYOUTS[version];
    this.reader = new ConfigReader(document, this.#layout.schema);
  }

  get document(): ConfigDocument {
    return this.reader.document;
  }
  /** Where this version keeps what belongs to running containers: `cni`, `containerd.runtimes` ... */
  get runtimePath(): Path {
    return this.#layout.runtime;
  }
  /** Where this version keeps what belongs to images: `registry` ... */
  get imagesPath(): Path {
    return this.#layout.images;
  }
  /** Where this version names the sandbox image. */
  get sandboxImagePath(): Path {
    return this.#layout.sandboxImage;
  }
  /** The path of the socket that serves CRI. */
  get grpcAddress(): Located<string> {
    return always(this.reader.textOrDefault([...this.#layout.grpc, "address"]));
  }
  get root(): Located<string> {
    return always(this.reader.textOrDefault(["root"]));
  }
  get state(): Located<string> {
    return always(this.reader.textOrDefault(["state"]));
  }
  get imports(): readonly Located<string>[] {
    return this.reader.texts(["imports"]);
  }
  get disabledPlugins(): readonly Located<string>[] {
    return this.reader.texts(["disabled_plugins"]);
  }
  get requiredPlugins(): readonly Located<string>[] {
    return this.reader.texts(["required_plugins"]);
  }
  /** The entry that turns CRI off, where there is one (Docker's package ships it). */
  get criDisabledBy(): Located<string> | undefined {
    const names = new Set(["cri", CRI_V2, CRI_RUNTIME_V3, CRI_IMAGES_V3]);
    return this.disabledPlugins.find((plugin) => names.has(plugin.value));
  }
  /**
   * Where plugins are looked for: `bin_dirs` and, before it, `bin_dir`. Debian's build has
   * /usr/lib/cni as well where the file is silent; upstream's default is given here.
   */
  get cniBinDirs(): readonly Located<string>[] {
    const one = this.reader.textOrDefault([...this.#layout.runtime, "cni", "bin_dir"]);
    if (this.version <= 2) return one === undefined ? [] : [one];
    const several = this.reader
      .texts([...this.#layout.runtime, "cni", "bin_dirs"])
      .filter(({ value }) => value !== "");
    if (one === undefined) return several;
    return [one, ...several.filter((dir) => !dir.isDefault)];
  }
  get cniConfDir(): Located<string> {
    return this.#text([...this.#layout.runtime, "cni", "conf_dir"]);
  }
  /** How many files of the directory are loaded; 0 is all. */
  get cniMaxConfNum(): Located<number> {
    return always(this.reader.number([...this.#layout.runtime, "cni", "max_conf_num"]));
  }
  /** Undefined where the file is silent: see `defaultSandboxImage`. */
  get sandboxImage(): Located<string> | undefined {
    return this.reader.textOrDefault(this.#layout.sandboxImage);
  }
  get snapshotter(): Located<string> {
    return this.#text(this.#layout.snapshotter);
  }
  get registryConfigPath(): Located<string> | undefined {
    return this.reader.textOrDefault([...this.#layout.images, "registry", "config_path"]);
  }
  get defaultRuntimeName(): Located<string> {
    return this.#text([...this.#layout.runtime, "containerd", "default_runtime_name"]);
  }
  get restrictOomScoreAdj(): Located<boolean> {
    return always(this.reader.boolean([...this.#layout.runtime, "restrict_oom_score_adj"]));
  }
  get enableSelinux(): Located<boolean> {
    return always(this.reader.boolean([...this.#layout.runtime, "enable_selinux"]));
  }
  /** The runtimes by name, with the built-in `runc` where the file does not name it. */
  get runtimes(): readonly ContainerdRuntime[] {
    const path = [...this.#layout.runtime, "containerd", "runtimes"];
    const named = this.reader.keys(path);
    const runc: Located<string> = {
      value: "runc",
      location: this.document.at(path),
      isDefault: true,
    };
    const all = named.some((name) => name.value === "runc") ? named : [...named, runc];
    return all.map((name) => this.#runtime(name, [...path, name.value]));
  }
  /**
   * The files that the CRI plugin reads when it loads: the specifications that containers of a
   * runtime start from, and the streaming server's certificate and key.
   */
  get namedFiles(): readonly { readonly option: string; readonly path: Located<string> }[] {
    const runtimes = this.runtimes.map(({ name }) => [
      ...this.#layout.runtime,
      ...["containerd", "runtimes", name.value],
    ]);
    const server = this.version >= 3 ? ["plugins", CRI_SERVER_V3] : this.#layout.runtime;
    const isTls = this.reader.boolean([...server, "enable_tls_streaming"])?.value === true;
    const pair = isTls ? [[...server, "x509_key_pair_streaming"]] : [];
    return [
      ...runtimes.map((base) => ({ base, option: "base_runtime_spec" })),
      ...pair.flatMap((base) =>
        ["tls_cert_file", "tls_key_file"].map((option) => ({ base, option })),
      ),
    ].flatMap(({ base, option }) => {
      const path = this.reader.textOrDefault([...base, option]);
      return path === undefined ? [] : [{ option, path }];
    });
  }
  /** The runtime that pods without a RuntimeClass get; undefined where no table has its name. */
  get defaultRuntime(): ContainerdRuntime | undefined {
    const wanted = this.defaultRuntimeName.value;
    return this.runtimes.find((runtime) => runtime.name.value === wanted);
  }

  #runtime(name: Located<string>, path: Path): ContainerdRuntime {
    const builtIn: Located<string> = {
      value: name.isDefault || this.version >= 3 ? "io.containerd.runc.v2" : "",
      location: name.location,
      isDefault: true,
    };
    return {
      name,
      runtimeType: this.reader.textOrDefault([...path, "runtime_type"]) ?? builtIn,
      systemdCgroup: always(this.reader.boolean([...path, "options", "SystemdCgroup"])),
      binaryName: this.#text([...path, "options", "BinaryName"]),
      snapshotter: this.#text([...path, "snapshotter"]),
      cniConfDir: this.#text([...path, "cni_conf_dir"]),
    };
  }

  #text(path: Path): Located<string> {
    return always(this.reader.text(path));
  }
}

/** Sections that mean something in another version only: there they look right and do nothing. */
function unreadSections(document: ConfigDocument, version: ContainerdConfigVersion): Problem[] {
  const plugins = document.node(["plugins"]);
  if (plugins?.kind !== "map") return [];
  const isForeign = (id: string): boolean => {
    // Version 3 has it still, for a few keys of the server: the runtime's have moved.
    if (version >= 3 && id === CRI_V2) {
      return MOVED_IN_V3.some((key) => document.node(["plugins", id, key]) !== undefined);
    }
    if (version === 1) return id.startsWith("io.containerd.");
    if (id === "cri" || id === "linux") return true;
    return version === 2 && (id === CRI_RUNTIME_V3 || id === CRI_IMAGES_V3);
  };
  const right = version === 1 ? "version = 2 at the top of the file" : RIGHT_SECTION[version];
  return [...plugins.entries].flatMap(([id, { keyOffset }]) => {
    if (!isForeign(id)) return [];
    return [
      {
        code: "wrong-section",
        severity: "error",
        message: `Found a section that version ${version} does not read: plugins."${id}"`,
        locations: [document.locate(keyOffset)],
        fix: `write ${right}`,
      },
    ];
  });
}

/** Keys of version 2 by which a file that only had its version raised is known. */
const MOVED_IN_V3 = ["containerd", "cni", "registry", "sandbox_image"] as const;

const RIGHT_SECTION: { readonly [V in 2 | 3 | 4]: string } = {
  2: `plugins."${CRI_V2}"`,
  3: `plugins."${CRI_RUNTIME_V3}" and plugins."${CRI_IMAGES_V3}"`,
  4: `plugins."${CRI_RUNTIME_V3}" and plugins."${CRI_IMAGES_V3}"`,
};

/** containerd 1.x takes a runtime without a type as having an empty one, even runc. */
function incompleteRuntimes(config: ContainerdConfig): Problem[] {
  return config.runtimes.flatMap((runtime) => {
    if (runtime.runtimeType.value !== "") return [];
    return [
      {
        code: "missing-key",
        severity: "warning",
        message: `Missing runtime_type of the runtime "${runtime.name.value}": containerd 1.x then has none`,
        locations: [runtime.name.location],
        fix: 'add runtime_type = "io.containerd.runc.v2"',
      },
    ];
  });
}
