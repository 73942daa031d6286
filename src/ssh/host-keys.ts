import { NodewrightError } from "../base/mod.ts";
import { type SshTarget, sshArgv } from "./ssh-target.ts";

/** A host key as a machine shows it. */
export interface HostKey {
  /** A line of known_hosts: name, type, key. */
  readonly line: string;
  /** `SHA256:...`, as ssh prints it. */
  readonly fingerprint: string;
  /** `ED25519` */
  readonly type: string;
}

/** Where ssh goes for a target, with the user's ssh_config taken into account. */
export interface SshPlace {
  readonly host: string;
  readonly port: number;
  /** The name under which known_hosts has the machine: `10.0.0.5`, `[10.0.0.5]:2222`. */
  readonly name: string;
  /** Where its key is looked for first. */
  readonly knownHosts: string;
  readonly isBehindJump: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

const SCAN_TIMEOUT_S = 5;

/** Asks ssh itself (`ssh -G`) where a target leads; connects to nothing. */
export async function resolvePlace(target: SshTarget, env: Env): Promise<SshPlace> {
  const [ssh = "ssh", ...argv] = sshArgv(target, []);
  const { stdout } = await run([ssh, "-G", ...argv], env);
  const value = (key: string): string | undefined =>
    new RegExp(`^${key} (.+)$`, "m").exec(stdout)?.[1];
  const host = value("hostname") ?? target.host;
  const port = Number(value("port") ?? 22);
  const alias = value("hostkeyalias");
  const name = alias ?? (port === 22 ? host : `[${host}]:${port}`);
  const first = target.knownHostsFile ?? firstPath(value("userknownhostsfile"));
  const jump = value("proxyjump") ?? value("proxycommand");
  return {
    host,
    port,
    name,
    knownHosts: first.replace(/^~(?=\/)/, env["HOME"] ?? "~"),
    isBehindJump: jump !== undefined && jump !== "none",
  };
}

/** ssh prints a list of files without quotes: only a blank before `/` or `~` separates two. */
function firstPath(list: string | undefined): string {
  return list?.split(/ (?=[/~])/)[0] ?? "~/.ssh/known_hosts";
}

/** The host keys that a machine shows now (ssh-keyscan): whether they are its own, a person decides. */
export async function scanHostKeys(place: SshPlace, env: Env): Promise<readonly HostKey[]> {
  const { host, port, name } = place;
  const argv = ["ssh-keyscan", "-T", String(SCAN_TIMEOUT_S), "-p", String(port), "--", host];
  const { stdout, stderr } = await run(argv, env);
  const keys = stdout.split("\n").flatMap((line) => {
    const [, type, key] = /^\S+ (\S+) (\S+)/.exec(line.startsWith("#") ? "" : line) ?? [];
    return type === undefined ? [] : [`${name} ${type} ${key}`];
  });
  if (keys.length === 0) {
    const why = stderr.trim().split("\n").at(-1) || "no answer";
    throw new NodewrightError("ssh", `Cannot read the host keys of ${host}: ${why}`, {
      fix: `Is the machine on, and does sshd listen on port ${port}?`,
    });
  }
  return Promise.all(keys.map((line) => describeKey(line, env)));
}

/** The keys that known_hosts has for a machine, hashed names included; by type. */
export async function knownKeys(place: SshPlace, env: Env): Promise<ReadonlyMap<string, string>> {
  const argv = ["ssh-keygen", "-F", place.name, "-f", place.knownHosts];
  const { stdout } = await run(argv, env);
  const entries = stdout.split("\n").flatMap((line): [string, string][] => {
    const [, type, key] = /^\S+ (\S+) (\S+)/.exec(line.startsWith("#") ? "" : line) ?? [];
    return type === undefined || key === undefined ? [] : [[type, key]];
  });
  return new Map(entries);
}

async function describeKey(line: string, env: Env): Promise<HostKey> {
  const { stdout } = await run(["ssh-keygen", "-l", "-f", "-"], env, `${line}\n`);
  const [, fingerprint = "", type = ""] = /^\d+ (\S+) .*\(([^)]+)\)/.exec(stdout) ?? [];
  return { line, fingerprint, type };
}

async function run(
  argv: readonly string[],
  env: Env,
  input?: string,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const child = Bun.spawn([...argv], {
    stdin: input === undefined ? "ignore" : new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "pipe",
    env: { ...env, LC_ALL: "C" },
    detached: true,
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { stdout, stderr };
}
