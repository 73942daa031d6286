import { isAbsolute, join, normalize } from "node:path";
import { nearest, type Problem, type SourceLocation } from "../../base/mod.ts";
import { type ConfigDocument, parseDurationMs, parseYaml, readValue } from "../../config/mod.ts";
import { type Cidr, parseCidr } from "../../ip/mod.ts";
import { isWorker, type Machine } from "./machine.ts";
import {
  type ComponentSettings,
  componentRecord,
  DEFAULT_SETTINGS,
  type FileOverride,
  type MaxUnavailable,
  type NodeSettings,
  type Settings,
  type SshSettings,
} from "./settings.ts";
import {
  type RawComponent,
  type RawNodeSettings,
  type RawSettings,
  type RawSsh,
  settingsSchema,
} from "./settings-schema.ts";

/** The settings of a file and everything that is wrong with it; with errors, the defaults. */
export interface ParsedSettings {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
}

/** What the settings are held against. */
export interface SettingsContext {
  readonly machines: readonly Machine[];
  /** The cluster directory: paths of keys are relative to it. */
  readonly dir: string;
}

/** Reads nodewright.yaml. Every key is optional; an empty file means the defaults. */
export function parseSettings(
  text: string,
  file: string,
  context: SettingsContext,
): ParsedSettings {
  const parsed = parseYaml(text, file);
  const document = parsed.value;
  const isEmpty = document?.root.kind === "scalar" && document.root.value === null;
  if (document === undefined || isEmpty) {
    return { settings: DEFAULT_SETTINGS, problems: parsed.problems };
  }
  const read = readValue(document, settingsSchema);
  const problems = [...parsed.problems, ...read.problems];
  if (read.value === undefined) return { settings: DEFAULT_SETTINGS, problems };
  const builder = new SettingsBuilder(document, context);
  const settings = builder.build(read.value);
  return { settings, problems: [...problems, ...builder.problems] };
}

class SettingsBuilder {
  readonly problems: Problem[] = [];
  readonly #document: ConfigDocument;
  readonly #context: SettingsContext;

  constructor(document: ConfigDocument, context: SettingsContext) {
    this.#document = document;
    this.#context = context;
  }

  build(raw: RawSettings): Settings {
    const common = this.#node(raw, DEFAULT_SETTINGS, []);
    const workers = new Set(this.#context.machines.filter(isWorker).map(({ name }) => name));
    const nodes = new Map<string, NodeSettings>();
    for (const [name, own] of Object.entries(raw.nodes ?? {})) {
      if (!workers.has(name)) this.#unknownNode(name, workers);
      if (own !== null) nodes.set(name, this.#node(own, common, ["nodes", name]));
    }
    const clusterCidr = this.#clusterCidr(raw.clusterCIDR ?? undefined);
    return {
      ...common,
      nodes,
      parallelism: raw.parallelism ?? DEFAULT_SETTINGS.parallelism,
      maxUnavailable: this.#maxUnavailable(raw.maxUnavailable ?? undefined),
      routes: raw.routes ?? DEFAULT_SETTINGS.routes,
      masquerade: raw.masquerade ?? DEFAULT_SETTINGS.masquerade,
      ...(clusterCidr === undefined ? {} : { clusterCidr }),
    };
  }

  #node(raw: RawNodeSettings, base: NodeSettings, path: readonly string[]): NodeSettings {
    const own = this.#files(raw, path);
    const overridden = new Set(own.map(({ target }) => target));
    return {
      ssh: this.#ssh(raw.ssh ?? {}, base.ssh, [...path, "ssh"]),
      sudo: raw.sudo ?? base.sudo,
      components: componentRecord((name) =>
        this.#component(raw.components?.[name] ?? {}, base.components[name], [
          ...path,
          "components",
          name,
        ]),
      ),
      files: [...base.files.filter(({ target }) => !overridden.has(target)), ...own],
    };
  }

  #ssh(raw: RawSsh, base: SshSettings, path: readonly string[]): SshSettings {
    const options = Object.entries(raw.options ?? {}).map(([key, value]): [string, string] => [
      key,
      typeof value === "boolean" ? (value ? "yes" : "no") : String(value),
    ]);
    const timeoutMs = raw.connectTimeout == null ? undefined : parseDurationMs(raw.connectTimeout);
    if (timeoutMs !== undefined && timeoutMs < 1000) {
      this.#report("wrong-value", [...path, "connectTimeout"], {
        message: `Expected a connect timeout of at least 1s: "${raw.connectTimeout}"`,
      });
    }
    const { options: baseOptions, connectTimeoutS, ...rest } = base;
    return {
      ...rest,
      ...present({
        host: raw.host,
        user: raw.user,
        port: raw.port,
        jumpHost: raw.jumpHost,
        identityFile: this.#localPath(raw.identityFile),
        knownHostsFile: this.#localPath(raw.knownHostsFile),
      }),
      options: { ...baseOptions, ...Object.fromEntries(options) },
      connectTimeoutS: timeoutMs === undefined ? connectTimeoutS : Math.ceil(timeoutMs / 1000),
    };
  }

  /** Paths of keys are relative to the cluster directory; ssh itself knows what `~` is. */
  #localPath(path: string | null | undefined): string | undefined {
    if (path == null) return undefined;
    return isAbsolute(path) || path.startsWith("~") ? path : join(this.#context.dir, path);
  }

  #component(
    raw: RawComponent,
    base: ComponentSettings,
    path: readonly string[],
  ): ComponentSettings {
    const source = raw.source ?? base.source;
    // Another source is another place: what was said of the old one does not hold for it.
    const kept = source === base.source ? base : { source, urls: [] };
    const urls = raw.urls ?? (raw.url == null ? kept.urls : [raw.url]);
    const only = (
      key: "suite" | "url" | "urls" | "sha256",
      wanted: ComponentSettings["source"],
    ) => {
      if (raw[key] == null || source === wanted) return;
      this.#report("wrong-source", [...path, key], {
        message: `Only the source "${wanted}" has the key ${key}, and this one is "${source}"`,
        fix: `Write source: ${wanted}, or remove ${key}`,
      });
    };
    only("suite", "debian");
    only("url", "upstream");
    only("urls", "upstream");
    only("sha256", "upstream");
    if (raw.url != null && raw.urls != null) {
      const message = "Expected url or urls, found both";
      this.#report("wrong-value", [...path, "url"], { message });
    }
    if (raw.sha256 != null) this.#checkDigest(raw.sha256, urls.length, [...path, "sha256"]);
    return {
      ...kept,
      urls,
      ...present({
        version: raw.version,
        suite: raw.suite,
        sha256: raw.sha256?.toLowerCase(),
      }),
    };
  }

  #checkDigest(digest: string, urls: number, path: readonly string[]): void {
    if (!/^[0-9a-fA-F]{64}$/.test(digest)) {
      const message = `Expected a SHA-256 digest (64 hex digits), found ${digest.length} characters`;
      this.#report("wrong-value", path, { message });
    } else if (urls !== 1) {
      this.#report("wrong-value", path, {
        message: `Expected exactly one URL beside sha256, found ${urls}`,
        fix: "Write the digests of several files into downloads-ARCH.txt",
      });
    }
  }

  #files(raw: RawNodeSettings, path: readonly string[]): FileOverride[] {
    return Object.entries(raw.files ?? {}).flatMap(([target, entry]) => {
      if (entry === null) return [];
      const at = [...path, "files", target];
      const source = normalize(typeof entry === "string" ? entry : (entry.from ?? ""));
      const modeText = typeof entry === "string" ? undefined : (entry.mode ?? undefined);
      const before = this.problems.length;
      if (typeof entry !== "string" && entry.from == null) {
        const message = `Missing key in files."${target}": "from"`;
        this.#report("missing-key", at, { message, fix: "Add from: PATH" });
      } else if (isAbsolute(source) || source.split("/")[0] === "..") {
        this.#report("outside-directory", at, {
          message: `Expected a file inside the cluster directory: "${source}"`,
          fix: "Copy the file into the cluster directory",
        });
      }
      if (!isAbsolute(target) || normalize(target) !== target || target.endsWith("/")) {
        this.#report("wrong-value", at, {
          message: `Expected the absolute path of a file on the node: "${target}"`,
        });
      }
      if (modeText !== undefined && !/^0?[0-7]{3}$/.test(modeText)) {
        this.#report("wrong-value", [...at, "mode"], {
          message: `Expected permission bits such as "0644": "${modeText}"`,
        });
      }
      if (this.problems.length > before) return [];
      const mode = modeText === undefined ? {} : { mode: Number.parseInt(modeText, 8) };
      return [{ target, source, ...mode, location: this.#keyAt(at) }];
    });
  }

  #maxUnavailable(raw: number | string | undefined): MaxUnavailable {
    if (raw === undefined) return DEFAULT_SETTINGS.maxUnavailable;
    if (typeof raw === "number") return { count: raw };
    const percent = Number.parseFloat(raw);
    if (percent === 0 || percent > 100) {
      this.#report("wrong-value", ["maxUnavailable"], {
        message: `Expected more than 0% and at most 100%: "${raw}"`,
      });
    }
    return { percent };
  }

  #clusterCidr(raw: string | undefined): Settings["clusterCidr"] {
    if (raw === undefined) return undefined;
    return { cidrs: parseCidrList(raw), location: this.#document.at(["clusterCIDR"]) };
  }

  #unknownNode(name: string, workers: ReadonlySet<string>): void {
    const isMachine = this.#context.machines.some((machine) => machine.name === name);
    const near = nearest(name, workers);
    this.#report("unknown-node", ["nodes", name], {
      message: isMachine
        ? `Settings for a machine that is not a worker: "${name}"`
        : `Settings for a node that is not in machines.txt: "${name}"`,
      ...(near === undefined || isMachine ? {} : { fix: `Write "${near}"` }),
    });
  }

  #keyAt(path: readonly string[]): SourceLocation {
    return this.#document.keyAt(path);
  }

  #report(code: string, path: readonly string[], text: { message: string; fix?: string }): void {
    this.problems.push({ code, severity: "error", ...text, locations: [this.#keyAt(path)] });
  }
}

/** One subnet or several, parted by commas; what is no subnet is left out (the schema has refused it). */
export function parseCidrList(text: string): readonly Cidr[] {
  return text.split(",").flatMap((part) => {
    const cidr = parseCidr(part.trim());
    return cidr.ok ? [cidr.value] : [];
  });
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

/** Only the keys that have a value: an absent key and an undefined one are two things here. */
function present<T extends object>(values: T): Present<T> {
  const entries = Object.entries(values).filter(([, value]) => value != null);
  // cast: exactly the keys with a value are left
  return Object.fromEntries(entries) as Present<T>;
}
