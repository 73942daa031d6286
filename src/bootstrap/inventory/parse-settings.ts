import { isAbsolute, join, normalize, resolve } from "node:path";
import type { z } from "zod";
import {
  type Component,
  type ComponentSettings,
  type ComponentsSettings,
  componentSettingsSchema,
  isBuiltin,
  isComponent,
} from "../../artifacts/mod.ts";
import { nearest, type Problem, type SourceLocation } from "../../base/mod.ts";
import { RULES, type RuleId } from "../../check/mod.ts";
import {
  type ConfigDocument,
  findUnexpanded,
  joinProblems,
  type Path,
  parseDurationMs,
  parseYaml,
  readValue,
} from "../../config/mod.ts";
import { type Cidr, parseCidr } from "../../ip/mod.ts";
import { HOOKS, type Hooks, isHookPath, mergeHooks } from "./hooks.ts";
import type { LocalFile } from "./local-files.ts";
import { isWorker, type Machine } from "./machine.ts";
import {
  DEFAULT_SETTINGS,
  type FileOverride,
  type IgnoredFinding,
  type MaxUnavailable,
  type NodeSettings,
  parseMaxUnavailable,
  type Settings,
  type SshSettings,
} from "./settings.ts";
import {
  type RawIgnored,
  type RawNodeSettings,
  type RawSettings,
  type RawSsh,
  settingsSchema,
} from "./settings-schema.ts";

/** The settings of a file and everything that is wrong with it; with errors, the defaults. */
export interface ParsedSettings {
  readonly settings: Settings;
  /** The files of the jumpbox that they name; whether those are there is not looked at here. */
  readonly localFiles?: readonly LocalFile[];
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
  const problems = joinProblems(parsed.problems, [
    ...read.problems,
    ...findUnexpanded(document, isSshOption),
  ]);
  if (read.value === undefined) return { settings: DEFAULT_SETTINGS, problems };
  const builder = new SettingsBuilder(document, context);
  const settings = builder.build(read.value);
  const { localFiles } = builder;
  return {
    settings,
    ...(localFiles.length === 0 ? {} : { localFiles }),
    problems: [...problems, ...builder.problems],
  };
}

/** ssh expands variables in some of its options. */
function isSshOption(path: Path): boolean {
  return path.includes("ssh");
}

/** `routes: false`, or a word for each kind of machine. */
function routesOf(raw: RawSettings["routes"]): {
  readonly nodes?: boolean | null | undefined;
  readonly servers?: boolean | null | undefined;
} {
  return typeof raw === "object" && raw !== null ? raw : { nodes: raw };
}

class SettingsBuilder {
  readonly problems: Problem[] = [];
  readonly localFiles: LocalFile[] = [];
  readonly #document: ConfigDocument;
  readonly #context: SettingsContext;

  constructor(document: ConfigDocument, context: SettingsContext) {
    this.#document = document;
    this.#context = context;
  }

  build(raw: RawSettings): Settings {
    const common = this.#node(raw, DEFAULT_SETTINGS, []);
    const routes = routesOf(raw.routes);
    const managed = this.#context.machines.filter(
      (one) => routes.servers === true || isWorker(one),
    );
    const known = new Set(managed.map(({ name }) => name));
    const nodes = new Map<string, NodeSettings>();
    for (const [name, own] of Object.entries(raw.nodes ?? {})) {
      if (!known.has(name)) this.#unknownNode(name, known);
      if (own !== null) nodes.set(name, this.#node(own, common, ["nodes", name]));
    }
    const clusterCidr = this.#clusterCidr(raw.clusterCIDR ?? undefined);
    return {
      ...common,
      nodes,
      parallelism: raw.parallelism ?? DEFAULT_SETTINGS.parallelism,
      maxUnavailable: this.#maxUnavailable(raw.maxUnavailable ?? undefined),
      maxFailures: raw.maxFailures ?? DEFAULT_SETTINGS.maxFailures,
      routes: routes.nodes ?? DEFAULT_SETTINGS.routes,
      serverRoutes: routes.servers ?? DEFAULT_SETTINGS.serverRoutes,
      images: this.#images(raw.images ?? {}),
      verifyImage: raw.verifyImage ?? DEFAULT_SETTINGS.verifyImage,
      ignoredFindings: this.#ignoredFindings(raw.check?.ignore ?? []),
      drainTimeoutMs:
        this.#durationMs("drainTimeout", raw.drainTimeout) ?? DEFAULT_SETTINGS.drainTimeoutMs,
      ...present({
        masquerade: raw.masquerade,
        clusterCidr,
        readyTimeoutMs: this.#durationMs("readyTimeout", raw.readyTimeout),
      }),
    };
  }

  #images(raw: NonNullable<RawSettings["images"]>): Settings["images"] {
    return Object.entries(raw).flatMap(([reference, named]) => {
      if (named === null) return [];
      const path = resolve(this.#context.dir, named);
      this.localFiles.push({
        what: `the archive of ${reference}`,
        path,
        location: this.#document.at(["images", reference]),
        fix: "Put the archive there (ctr images export), or take the image out of images",
      });
      return [{ reference, path }];
    });
  }

  #ignoredFindings(raw: RawIgnored): readonly IgnoredFinding[] {
    return raw.flatMap((entry, index) => {
      if (entry === null) return [];
      const { rule, reason, nodes } = entry;
      if (isRuleId(rule))
        return [{ rule, reason, ...present({ nodes: nodes?.flatMap((n) => n ?? []) }) }];
      const near = nearest(
        rule,
        RULES.map(({ id }) => id),
      );
      this.#report("unknown-rule", ["check", "ignore", index, "rule"], {
        message: `No such rule in check.ignore: "${rule}"`,
        fix: near === undefined ? "nodewright explain lists the rules" : `Write "${near}"`,
      });
      return [];
    });
  }

  #node(raw: RawNodeSettings, base: NodeSettings, path: readonly string[]): NodeSettings {
    const own = this.#files(raw, path);
    const overridden = new Set(own.map(({ target }) => target));
    return {
      ssh: this.#ssh(raw.ssh ?? {}, base.ssh, [...path, "ssh"]),
      sudo: raw.sudo ?? base.sudo,
      components: { ...base.components, ...this.#components(raw, path) },
      files: [...base.files.filter(({ target }) => !overridden.has(target)), ...own],
      hooks: this.#hooks(raw.hooks ?? {}, base, path),
    };
  }

  #hooks(
    raw: NonNullable<RawNodeSettings["hooks"]>,
    base: NodeSettings,
    path: readonly string[],
  ): Hooks {
    for (const hook of HOOKS) {
      const program = raw[hook]?.[0];
      if (program == null || !isHookPath(program)) continue;
      this.localFiles.push({
        what: `the hook ${hook}`,
        path: resolve(this.#context.dir, program),
        location: this.#document.at([...path, "hooks", hook]),
        fix: "Put the program there, or write one that is in PATH",
      });
    }
    return mergeHooks(base.hooks, raw);
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
        identityFile: this.#identityFile(raw.identityFile, path),
        knownHostsFile: this.#localPath(raw.knownHostsFile),
      }),
      options: { ...baseOptions, ...Object.fromEntries(options) },
      connectTimeoutS: timeoutMs === undefined ? connectTimeoutS : Math.ceil(timeoutMs / 1000),
    };
  }

  #identityFile(raw: string | null | undefined, at: readonly string[]): string | undefined {
    const path = this.#localPath(raw);
    if (path === undefined) return undefined;
    this.localFiles.push({
      what: "the key that ssh is to use",
      path,
      location: this.#document.at([...at, "identityFile"]),
      fix: "Write the path of the private key, or leave identityFile out",
    });
    return path;
  }

  /** Paths of keys are relative to the cluster directory; ssh itself knows what `~` is. */
  #localPath(path: string | null | undefined): string | undefined {
    if (path == null) return undefined;
    return isAbsolute(path) || path.startsWith("~") ? path : join(this.#context.dir, path);
  }

  /** The component's own schema says which keys its source has. */
  #components(raw: RawNodeSettings, path: readonly string[]): ComponentsSettings {
    const components: Partial<Record<Component, ComponentSettings>> = {};
    for (const [name, own] of Object.entries(raw.components ?? {})) {
      if (own === null || !isComponent(name)) continue;
      const at = [...path, "components", name];
      const known = Object.entries(own).filter(([, value]) => value !== null);
      const parsed = componentSettingsSchema.safeParse({
        source: "downloads",
        ...Object.fromEntries(known),
      });
      if (parsed.data?.source === "builtin" && !isBuiltin(name)) {
        this.#report("wrong-value", [...at, "source"], {
          message: `nodewright is no ${name} itself: source: builtin`,
          fix: "Write downloads, debian or upstream as its source",
        });
        continue;
      }
      if (parsed.success) components[name] = parsed.data;
      if (parsed.data?.source === "upstream" && parsed.data.list !== undefined) {
        this.localFiles.push({
          what: "the list of URLs",
          path: resolve(this.#context.dir, parsed.data.list),
          location: this.#document.at([...at, "list"]),
          fix: "Put the list there: a URL a line",
        });
      }
      for (const issue of parsed.error?.issues ?? []) this.#componentIssue(issue, at);
    }
    return components;
  }

  #componentIssue(issue: z.core.$ZodIssue, at: readonly string[]): void {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        this.#report("wrong-source", [...at, key], {
          message: `This source has no key ${key} in ${at.join(".")}`,
          fix: "nodewright explain nodewright.yaml lists the keys of each source",
        });
      }
      return;
    }
    const where = [...at, ...issue.path.map(String)];
    this.#report("wrong-value", where, {
      message: `Wrong value at ${where.join(".")}: ${issue.message}`,
    });
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

  #durationMs(key: string, raw: string | null | undefined): number | undefined {
    if (raw == null) return undefined;
    const ms = parseDurationMs(raw);
    if (ms !== undefined && ms < 1000) {
      this.#report("wrong-value", [key], { message: `Expected at least 1s: "${raw}"` });
    }
    return ms;
  }

  #maxUnavailable(raw: number | string | undefined): MaxUnavailable {
    if (raw === undefined) return DEFAULT_SETTINGS.maxUnavailable;
    if (typeof raw === "number") return { count: raw };
    const parsed = parseMaxUnavailable(raw);
    if (parsed !== undefined) return parsed;
    this.#report("wrong-value", ["maxUnavailable"], {
      message: `Expected more than 0% and at most 100%: "${raw}"`,
    });
    return DEFAULT_SETTINGS.maxUnavailable;
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

  #keyAt(path: Path): SourceLocation {
    return this.#document.keyAt(path);
  }

  #report(code: string, path: Path, text: { message: string; fix?: string }): void {
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

function isRuleId(word: string): word is RuleId {
  return RULES.some(({ id }) => id === word);
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

/** Only the keys that have a value: an absent key and an undefined one are two things here. */
function present<T extends object>(values: T): Present<T> {
  const entries = Object.entries(values).filter(([, value]) => value != null);
  // cast: exactly the keys with a value are left
  return Object.fromEntries(entries) as Present<T>;
}
