import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/mod.ts";
import { atomicWriteFile, FileLock } from "../../sys/mod.ts";
import { ARCHES, type Arch } from "../arch.ts";
import type { CommandRunner } from "../command.ts";
import { ArtifactError } from "../errors.ts";
import { LIST_ARCHIVES, mainArchive } from "./main-archive.ts";

/** A package as the suite offers it. */
export interface OfferedPackage {
  readonly name: string;
  readonly version: string;
  readonly sizeBytes: number;
  /** Of the package file; absent where the archive publishes another kind of digest only. */
  readonly sha256?: string;
}

/** Which archive is asked, and with what. */
export interface AptOptions {
  /** A directory of its own: configuration, lists and packages of this archive. */
  readonly dir: string;
  readonly arch: Arch;
  /** Absent: the machine's own sources, as they are configured. */
  readonly suite?: string;
  readonly mirror?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Told what a person should know though it is no failure. */
  readonly note?: (text: string) => void;
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** Rolling suites have no security archive. */
const WITHOUT_SECURITY = new Set(["sid", "unstable", "experimental", "rc-buggy"]);
const LOCK_TIMEOUT_MS = 10 * 60 * 1000;
/** How the machine reaches its mirror: proxies, certificates, clocks of snapshot mirrors. */
const KEPT_SETTINGS =
  /^Acquire::(?:https?::|Check-Valid-Until|Check-Date|Max-FutureTime|ForceIPv[46])/;

/**
 * apt with a configuration, lists and cache of its own: the machine's are read (sources, proxy)
 * and never written; no hook of the machine's runs; no privileges are needed. Signatures are
 * checked as apt always does.
 */
export class AptArchive {
  readonly #options: AptOptions;
  #updated: Promise<void> | undefined;
  #updateFailure: ArtifactError | undefined;

  constructor(options: AptOptions) {
    this.#options = options;
  }

  /** What this archive is called in messages. */
  get label(): string {
    return this.#options.suite ?? "the machine's own apt sources";
  }

  /** Why the lists are not up to date, where those at hand are used instead. */
  get updateFailure(): ArtifactError | undefined {
    return this.#updateFailure;
  }

  /** Fetches the lists, once for the life of this object. */
  update(): Promise<void> {
    this.#updated ??= this.#update();
    return this.#updated;
  }

  async #update(): Promise<void> {
    using _lock = await this.#lock();
    await this.#configure();
    const result = await this.#run(["apt-get", "-q", "update"]);
    // One mirror of several may be out of reach; whether a package is found decides.
    if (result.exitCode === 0) return;
    const failure = this.#failure("Cannot fetch the package lists of", result.stderr);
    if (!(await this.#hasLists())) throw failure;
    this.#updateFailure = failure;
    this.#options.note?.(`${failure.message}; going on with those at hand`);
  }

  /** The first of these packages that is offered, in that version if one is given. */
  async find(names: readonly string[], version?: string): Promise<OfferedPackage | undefined> {
    await this.update();
    for (const name of names) {
      const wanted = version === undefined ? name : `${name}=${version}`;
      // In an empty directory: apt leaves out what it sees lying in the current one.
      const result = await this.#run(["apt-get", "-q", "--print-uris", "download", wanted], {
        cwd: join(this.#options.dir, "empty"),
      });
      const offered = parseOffer(result.stdout, name);
      if (offered !== undefined) return offered;
    }
    return undefined;
  }

  /** Downloads a package file and gives its path; the caller removes it. */
  async download(offered: OfferedPackage, into: string): Promise<string> {
    const result = await this.#run(
      ["apt-get", "-q", "download", `${offered.name}=${offered.version}`],
      { cwd: into },
    );
    const file = (await readdir(into)).find((name) => name.endsWith(".deb"));
    if (result.exitCode !== 0 || file === undefined) {
      throw this.#failure(`Cannot download ${offered.name} ${offered.version} from`, result.stderr);
    }
    return join(into, file);
  }

  /** The tar stream inside of a package file. */
  unpack(path: string): AsyncIterable<Uint8Array> {
    return this.#options.commands.stream(["dpkg-deb", "--fsys-tarfile", path], this.#context());
  }

  #failure(action: string, stderr: string): ArtifactError {
    const lines = stderr.split("\n").filter((line) => /^[EW]:/.test(line));
    const noSpace = lines.some((line) =>
      /No space left|not have enough (?:free )?space/i.test(line),
    );
    return new ArtifactError(noSpace ? "no-space" : "debian", `${action} ${this.label}`, {
      detail: lines.slice(0, 8).join("\n"),
      fix: noSpace
        ? `Make room in "${this.#options.dir}", or set NODEWRIGHT_CACHE to another directory`
        : `Check the mirror, the proxy and the suite's name${this.#keyAdvice}; or use another source for it`,
    });
  }

  /** A jumpbox that is not Debian has Debian's keys only where somebody installed them. */
  get #keyAdvice(): string {
    if (this.#options.suite === undefined || existsSync(KEYRING)) return "";
    return ", install the package debian-archive-keyring";
  }

  #context() {
    const { env, signal, dir } = this.#options;
    const kept: Record<string, string> = {
      APT_CONFIG: join(dir, "apt.conf"),
      LC_ALL: "C.UTF-8",
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    };
    for (const [name, value] of Object.entries(env)) {
      if (value !== undefined && /^(?:PATH|HOME|TMPDIR|(?:https?|no|all|ftp)_proxy)$/i.test(name)) {
        kept[name] = value;
      }
    }
    return { env: kept, ...(signal === undefined ? {} : { signal }) };
  }

  /** Runs a program; `configuration` says whose: this archive's own, or the machine's (to read it). */
  async #run(
    argv: readonly [string, ...string[]],
    options: { cwd?: string; configuration?: "own" | "machine" } = {},
  ) {
    const { env, ...context } = this.#context();
    const { APT_CONFIG: _, ...machineEnv } = env;
    try {
      return await this.#options.commands.run(argv, {
        ...context,
        env: options.configuration === "machine" ? machineEnv : env,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
    } catch (thrown) {
      this.#options.signal?.throwIfAborted();
      throw new ArtifactError("debian", `Cannot run ${argv[0]}`, {
        fix: "The source `debian` needs apt and dpkg on this machine; use downloads or upstream",
        cause: thrown,
      });
    }
  }

  #lock(): Promise<FileLock> {
    const { dir, clock, signal } = this.#options;
    return FileLock.acquire(join(dir, "lock"), {
      clock,
      timeoutMs: LOCK_TIMEOUT_MS,
      holder: "nodewright apt-get update",
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #hasLists(): Promise<boolean> {
    const names = await readdir(join(this.#options.dir, "state/lists")).catch(() => []);
    return names.some((name) => name.includes("_Packages"));
  }

  async #configure(): Promise<void> {
    const { dir, suite } = this.#options;
    for (const name of ["state/lists/partial", "cache/archives/partial", "empty"]) {
      await mkdir(join(dir, name), { recursive: true });
    }
    await writeFile(join(dir, "state/status"), "");
    // Replaced as a whole: another nodewright may be reading lists with them.
    if (suite !== undefined) {
      await atomicWriteFile(join(dir, "sources.list"), await this.#sourceList(suite));
    }
    const kept = await this.#machineSettings();
    // Proxies may carry a password.
    const mode = 0o600;
    await atomicWriteFile(join(dir, "apt.conf"), aptConfiguration(this.#options, kept), { mode });
  }

  /** The machine's own apt settings that say how its mirror is reached. */
  async #machineSettings(): Promise<readonly string[]> {
    const result = await this.#run(["apt-config", "dump"], { configuration: "machine" });
    return result.stdout.split("\n").filter((line) => KEPT_SETTINGS.test(line));
  }

  async #sourceList(suite: string): Promise<string> {
    const mirror = (this.#options.mirror ?? (await this.#machineMirror())).replace(/\/+$/, "");
    const signed = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : "";
    const lines = [`deb ${signed}${mirror} ${suite} main`];
    if (!WITHOUT_SECURITY.has(suite) && mirror.endsWith("/debian")) {
      lines.push(`deb ${signed}${mirror}-security ${suite}-security main`);
    }
    return `${lines.join("\n")}\n`;
  }

  /** Where the machine itself gets Debian from: a site's own mirror is used for other suites too. */
  async #machineMirror(): Promise<string> {
    const result = await this.#run([...LIST_ARCHIVES], { configuration: "machine" });
    const uri = mainArchive(result.stdout);
    if (uri !== undefined) return uri;
    throw new ArtifactError("settings", "Cannot choose a Debian mirror: apt knows none here", {
      fix: "name one: mirror: URL beside source: debian in nodewright.yaml",
    });
  }
}

/** The whole configuration: what is not in it is apt's default, nothing of /etc/apt/apt.conf.d is read. */
export function aptConfiguration(
  options: Pick<AptOptions, "dir" | "arch" | "suite">,
  kept: readonly string[],
): string {
  const { dir, suite } = options;
  const arch = ARCHES[options.arch].debian;
  const quoted = (name: string): string => `"${join(dir, name)}"`;
  const lines = [
    `Dir::State ${quoted("state")};`,
    `Dir::State::status ${quoted("state/status")};`,
    `Dir::Cache ${quoted("cache")};`,
    'Dir::Etc::main "/dev/null";',
    `Dir::Etc::parts ${quoted("empty")};`,
    'Dir::Etc::preferences "/dev/null";',
    `Dir::Etc::preferencesparts ${quoted("empty")};`,
    `APT::Architecture "${arch}";`,
    `APT::Architectures { "${arch}"; };`,
    // The cache may be in a home directory that apt's own user cannot enter.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    'Acquire::http::Timeout "20";',
    'Acquire::https::Timeout "20";',
    ...kept,
  ];
  if (suite !== undefined) {
    lines.push(`Dir::Etc::sourcelist ${quoted("sources.list")};`);
    lines.push(`Dir::Etc::sourceparts ${quoted("empty")};`);
  }
  return `${lines.join("\n")}\n`;
}

/** A line of `apt-get --print-uris download`: 'URI' FILE SIZE DIGEST. */
export function parseOffer(output: string, name: string): OfferedPackage | undefined {
  for (const line of output.split("\n")) {
    const match = /^'([^']+)' (\S+)_(\S+)_[a-z0-9]+\.deb (\d+)(?: (\S+))?/.exec(line);
    if (match === null || match[2] !== name) continue;
    const sha256 = /^SHA256:([0-9a-f]{64})$/.exec(match[5] ?? "")?.[1];
    return {
      name,
      // In file names apt writes the colon of an epoch as %3a.
      version: decodeURIComponent(match[3] ?? ""),
      sizeBytes: Number(match[4]),
      ...(sha256 === undefined ? {} : { sha256 }),
    };
  }
  return undefined;
}
