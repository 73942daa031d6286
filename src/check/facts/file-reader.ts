import type { Problem } from "../../base/mod.ts";
import {
  type Kubeconfig,
  matchesPattern,
  type NamedText,
  type Parsed,
  specifiersOf,
} from "../../config/mod.ts";
import type { FactMemo } from "./fact-memo.ts";
import type { FileKind, FileProblem } from "./file-problem.ts";
import type { CertificateFact, KubeconfigFact, NetworkFact, UnitFact } from "./node-facts.ts";
import { dropInFolders, UNIT_DIRS } from "./node-paths.ts";
import type { NodeFile, NodeTree } from "./node-tree.ts";

/** Reads a node's files into facts, and keeps what that found. */
export class FileReader {
  readonly files: NodeTree;
  /** What was found so far, in the order of reading. */
  readonly problems: FileProblem[] = [];
  readonly #memo: FactMemo;

  readonly #hostname: string;

  constructor(files: NodeTree, memo: FactMemo, hostname: string) {
    this.files = files;
    this.#memo = memo;
    this.#hostname = hostname;
  }

  /** Keeps what a parser has found. */
  note(kind: FileKind, problems: readonly Problem[]): void {
    for (const problem of problems) this.problems.push({ kind, problem });
  }

  /** Keeps that a file could not be read, where that is so. */
  noteUnreadable(kind: FileKind, file: NodeFile | undefined): void {
    if (file?.unreadable !== undefined) this.note(kind, [unreadableProblem(file)]);
  }

  /** A file parsed; undefined where it is not there or cannot be. */
  model<T>(
    kind: FileKind,
    path: string,
    parse: (text: string, file: string) => Parsed<T>,
  ): T | undefined {
    const file = this.files.get(path);
    this.noteUnreadable(kind, file);
    if (file?.text === undefined) return undefined;
    const { value, problems } = parse(file.text, file.shown);
    this.note(kind, problems);
    return value;
  }

  /** A unit with its drop-ins and its environment, from the directory that counts first. */
  unit(name: string): UnitFact | undefined {
    for (const dir of UNIT_DIRS) this.noteUnreadable("unit", this.files.get(`${dir}/${name}`));
    const path = UNIT_DIRS.map((dir) => `${dir}/${name}`).find(
      (candidate) => this.files.get(candidate)?.text !== undefined,
    );
    const main = path === undefined ? undefined : this.files.get(path);
    if (path === undefined || main === undefined) return undefined;
    if (main.text === "") {
      this.note("unit", [maskedUnit(name, main)]);
      return undefined;
    }
    const dropIns = this.#dropIns(name);
    const { unit: written, problems } = this.#memo.mergedUnit(main, dropIns);
    this.note("unit", problems);
    if (written === undefined) return undefined;
    const { unit, environment } = this.#memo.effectiveUnit(written, {
      specifiers: specifiersOf(name, { hostname: this.#hostname }),
      read: (pattern) => this.#environmentFiles(pattern),
    });
    return { name, path, unit, environment, dropIns: dropIns.map((file) => file.path) };
  }

  /** The files of an EnvironmentFile=, which may be a pattern of its last part. */
  #environmentFiles(pattern: string): readonly NamedText[] | undefined {
    const textsOf = (path: string): readonly NamedText[] => {
      const file = this.files.get(path);
      this.noteUnreadable("unit", file);
      return file?.text === undefined ? [] : [{ shown: file.shown, text: file.text }];
    };
    if (!/[*?[]/.test(pattern))
      return this.files.get(pattern) === undefined ? undefined : textsOf(pattern);
    const dir = pattern.slice(0, pattern.lastIndexOf("/"));
    const found = this.files.list(dir)?.map((name) => `${dir}/${name}`);
    const matching = found?.filter((path) => matchesPattern(path, pattern)) ?? [];
    return matching.length === 0 ? undefined : matching.flatMap(textsOf);
  }

  /** systemd reads drop-ins by file name; of one name the directory that counts first. */
  #dropIns(unit: string): readonly NodeFile[] {
    const byName = new Map<string, NodeFile>();
    const folders = dropInFolders(unit).flatMap((folder) =>
      UNIT_DIRS.map((dir) => `${dir}/${folder}`),
    );
    for (const folder of folders) {
      for (const name of this.files.list(folder) ?? []) {
        const file = this.files.get(`${folder}/${name}`);
        if (!name.endsWith(".conf") || file === undefined || byName.has(name)) continue;
        this.noteUnreadable("unit", file);
        if (file.text === undefined) continue;
        byName.set(name, file);
      }
    }
    return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
  }

  /** A certificate and what it says. */
  certificate(path: string): CertificateFact | undefined {
    const file = this.files.get(path);
    this.noteUnreadable("certificate", file);
    if (file?.text === undefined) return undefined;
    return this.#memo.certificates.fact(file, file.text);
  }

  /** A kubeconfig with what its certificates say. */
  kubeconfig(path: string): KubeconfigFact | undefined {
    const file = this.files.get(path);
    const kubeconfig = this.model("kubeconfig", path, this.#memo.parsers.kubeconfig);
    if (file === undefined || kubeconfig === undefined) return undefined;
    return this.#memo.certificates.kubeconfig(file, () => this.#madeKubeconfig(file, kubeconfig));
  }

  #madeKubeconfig({ path, shown }: NodeFile, kubeconfig: Kubeconfig): KubeconfigFact {
    const { certificates } = this.#memo;
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

  /** A network configuration. */
  network(path: string, name: string): NetworkFact | undefined {
    const file = this.files.get(path);
    if (file === undefined) return undefined;
    if (file.text === undefined)
      return { file, name, config: undefined, plugins: [], problems: [] };
    const { value: config, problems } = this.#memo.parsers.cni(file.text, file.shown);
    return { file, name, config, plugins: config?.plugins ?? [], problems };
  }
}

/** An empty file, or a link to /dev/null, is how systemd has a unit masked. */
function maskedUnit(name: string, { path, shown }: NodeFile): Problem {
  return {
    code: "masked",
    severity: "error",
    message: `${name} is masked, so that nothing starts it: ${path} is empty or leads to /dev/null`,
    locations: [{ file: shown, line: 1, column: 1 }],
    fix: `Run systemctl unmask ${name}, or remove ${path}`,
  };
}

function unreadableProblem({ path, shown, unreadable }: NodeFile): Problem {
  return {
    code: "unreadable",
    severity: "error",
    message: `Cannot read ${path}: ${unreadable}`,
    locations: [{ file: shown, line: 1, column: 1 }],
    fix: "Put the right file there, readable for this user",
  };
}

/** A path in a kubeconfig is relative to the kubeconfig's own directory. */
function resolvePath(kubeconfig: string, path: string): string {
  if (path.startsWith("/")) return path;
  return `${kubeconfig.slice(0, kubeconfig.lastIndexOf("/"))}/${path}`;
}
