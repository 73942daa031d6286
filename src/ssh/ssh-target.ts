import { shellQuote } from "../base/mod.ts";

/** How to reach one machine with the system's OpenSSH. What is absent is left to the user's own ssh_config. */
export interface SshTarget {
  /** The node's name, for messages. */
  readonly node: string;
  /** Address or ssh_config host. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  readonly jumpHost?: string;
  readonly knownHostsFile?: string;
  /** Further `-o KEY=VALUE` options. */
  readonly options?: Readonly<Record<string, string>>;
  /** `auto`: sudo where the user is not root. */
  readonly sudo: "auto" | "never" | "always";
  readonly connectTimeoutS: number;
}

/**
 * A path as ssh reads it in an option: in quotes, because ssh splits a value at blanks, and with
 * `%` doubled, because ssh expands tokens such as `%h` (ssh_config(5), TOKENS). `-i` cannot take
 * such a path: ssh looks for the file before it expands the tokens.
 */
export function sshPath(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`;
}

/**
 * The argument list that runs `command` on the machine. Nothing is asked on the terminal
 * (BatchMode), host keys are checked as the user's ssh checks them, and a dead network ends
 * the connection after about 20 s.
 */
export function sshArgv(
  target: SshTarget,
  command: readonly string[],
  options: { readonly tty?: boolean } = {},
): string[] {
  const settings: Record<string, string> = {
    ...(options.tty ? {} : { BatchMode: "yes" }),
    ConnectTimeout: String(target.connectTimeoutS),
    ServerAliveInterval: "5",
    ServerAliveCountMax: "4",
    // One user name and one key are meant for this machine; an agent full of others would hit MaxAuthTries.
    ...(target.identityFile === undefined
      ? {}
      : { IdentitiesOnly: "yes", IdentityFile: sshPath(target.identityFile) }),
    ...(target.knownHostsFile === undefined
      ? {}
      : {
          UserKnownHostsFile: sshPath(target.knownHostsFile),
          GlobalKnownHostsFile: "/dev/null",
        }),
    ...target.options,
  };
  return [
    "ssh",
    options.tty ? "-t" : "-T",
    ...Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]),
    ...(target.port === undefined ? [] : ["-p", String(target.port)]),
    ...jumpArgv(target),
    ...(target.user === undefined ? [] : ["-l", target.user]),
    "--",
    target.host,
    ...command.map(shellQuote),
  ];
}

/** `[user@]host[:port]`, an IPv6 address in brackets; a chain of several is left to ssh. */
const ONE_JUMP = /^(?:([^@,]+)@)?(\[[^\]]+\]|[^:,[\]]+)(?::(\d+))?$/;

/**
 * ssh's own -J knows nothing of the key and the known hosts given here: the way through the jump
 * host is made with them as well, beside what the user's ssh has for it.
 */
function jumpArgv({
  jumpHost,
  identityFile,
  knownHostsFile,
  connectTimeoutS,
}: SshTarget): string[] {
  if (jumpHost === undefined) return [];
  const [, user, host, port] = ONE_JUMP.exec(jumpHost) ?? [];
  const isPlain = identityFile === undefined && knownHostsFile === undefined;
  if (host === undefined || isPlain) return ["-J", jumpHost];
  const words = [
    "ssh",
    ...["-o", "BatchMode=yes", "-o", `ConnectTimeout=${connectTimeoutS}`],
    ...(identityFile === undefined ? [] : ["-o", `IdentityFile=${sshPath(identityFile)}`]),
    ...(knownHostsFile === undefined
      ? []
      : ["-o", `UserKnownHostsFile=${sshPath(knownHostsFile)} ~/.ssh/known_hosts`]),
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", port]),
  ];
  const quoted = words.map((word) => shellQuote(word).replaceAll("%", "%%"));
  const through = shellQuote(host.replace(/^\[|\]$/g, ""));
  return ["-o", `ProxyCommand=${quoted.join(" ")} -W '[%h]:%p' -- ${through}`];
}

/** The command with sudo in front of it where the target's user is (or may be) not root. */
export function asRoot(target: SshTarget, command: readonly string[]): string[] {
  switch (target.sudo) {
    case "never":
      return [...command];
    case "always":
      return ["sudo", "-n", "--", ...command];
    case "auto":
      return ["sh", "-c", AUTO_SUDO, "sh", ...command];
  }
}

const AUTO_SUDO = 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n -- "$@"; fi';
