import { NodewrightError } from "../../base/mod.ts";

/** The programs of one family. */
const PROGRAMS = {
  4: { iptables: "iptables", save: "iptables-save", restore: "iptables-restore" },
  6: { iptables: "ip6tables", save: "ip6tables-save", restore: "ip6tables-restore" },
} as const;

/** Runs a program; kept replaceable, so that tests can run it in a namespace of theirs. */
export type Spawn = (argv: readonly string[], stdin?: string) => Promise<ProgramOutput>;

export interface ProgramOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Seconds to wait for the lock that legacy iptables takes; the nf_tables one needs none. */
const LOCK_SECONDS = "5";
/** Lines around the one that iptables-restore complains of. */
const CONTEXT_LINES = 3;

/** iptables of one family, in the variant that the host has chosen. */
export class Iptables {
  readonly #family: 4 | 6;
  readonly #spawn: Spawn;

  constructor(family: 4 | 6, spawn: Spawn = spawnProgram) {
    this.#family = family;
    this.#spawn = spawn;
  }

  /** Whether this host has the programs of a family. */
  static isInstalled(family: 4 | 6): boolean {
    return Object.values(PROGRAMS[family]).every(
      (program) => Bun.which(program, { PATH: searchPath() }) !== null,
    );
  }

  /** Whether it keeps its rules in nf_tables, and not in tables of its own. */
  async isOfNfTables(): Promise<boolean> {
    const { stdout } = await this.#spawn([PROGRAMS[this.#family].iptables, "--version"]);
    return stdout.includes("nf_tables");
  }

  /** Runs `iptables` itself; its exit code is an answer. */
  async run(table: string, ...words: readonly string[]): Promise<ProgramOutput> {
    const { iptables } = PROGRAMS[this.#family];
    return this.#spawn([iptables, "-w", LOCK_SECONDS, "-t", table, ...words]);
  }

  /** Rejects where it fails. */
  async mustRun(table: string, ...words: readonly string[]): Promise<string> {
    const output = await this.run(table, ...words);
    if (output.exitCode === 0) return output.stdout;
    const { iptables } = PROGRAMS[this.#family];
    throw failure(`${iptables} -t ${table} ${words.join(" ")}`, output);
  }

  /** True where the rule is there: `iptables -C`. */
  async hasRule(table: string, chain: string, args: readonly string[]): Promise<boolean> {
    return (await this.run(table, "-C", chain, ...args)).exitCode === 0;
  }

  /** The chains of a table. */
  async chains(table: string): Promise<readonly string[]> {
    const { save } = PROGRAMS[this.#family];
    const output = await this.#spawn([save, "-t", table]);
    if (output.exitCode !== 0) throw failure(`${save} -t ${table}`, output);
    return [...output.stdout.matchAll(/^:(\S+) /gm)].map(([, chain = ""]) => chain);
  }

  /** Gives the input to iptables-restore; each table in it is changed whole or not at all. */
  async restore(input: string): Promise<void> {
    if (input === "") return;
    const { restore } = PROGRAMS[this.#family];
    const argv = [restore, "-w", LOCK_SECONDS, "--noflush", "--counters"];
    const output = await this.#spawn(argv, input);
    if (output.exitCode !== 0) throw failure(restore, output, input);
  }
}

function failure(what: string, { exitCode, stderr }: ProgramOutput, input = ""): NodewrightError {
  const said = stderr.trim().split("\n")[0] ?? "";
  const line = Number(/line:? (\d+)/i.exec(stderr)?.[1]);
  const around = Number.isNaN(line)
    ? ""
    : input
        .split("\n")
        .slice(Math.max(0, line - 1 - CONTEXT_LINES), line + CONTEXT_LINES)
        .join("\n");
  return new NodewrightError("iptables", `${what} failed: ${said || `exit code ${exitCode}`}`, {
    ...(around === "" ? {} : { detail: around }),
  });
}

function searchPath(): string {
  const given = process.env["PATH"] ?? "";
  return `${given}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
}

/** Runs a program of iptables in the present network namespace. */
export async function spawnProgram(
  argv: readonly string[],
  stdin?: string,
): Promise<ProgramOutput> {
  const [program = ""] = argv;
  const path = searchPath();
  if (Bun.which(program, { PATH: path }) === null) {
    throw new NodewrightError("iptables", `Cannot run ${program}: it is not installed`, {
      fix: "install the package iptables, or write mode: nftables, which needs none",
    });
  }
  const child = Bun.spawn([...argv], {
    env: { PATH: path, LC_ALL: "C" },
    stdin: stdin === undefined ? "ignore" : new TextEncoder().encode(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}
