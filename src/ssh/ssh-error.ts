import { NodewrightError, shellQuote } from "../base/mod.ts";
import type { SshTarget } from "./ssh-target.ts";

/** Why a machine could not be talked to. */
export type SshFailure =
  | "host-key-changed"
  | "host-key-unknown"
  | "auth"
  | "refused"
  | "timeout"
  | "unreachable"
  | "name"
  | "sudo-password"
  | "sudo-denied"
  | "bad-option"
  | "lost"
  | "remote";

/** A failure to reach a machine or to become root on it. */
export class SshError extends NodewrightError {
  readonly failure: SshFailure;
  constructor(
    target: SshTarget,
    failure: SshFailure,
    message: string,
    context: { detail?: string; fix?: string } = {},
  ) {
    super("ssh", message, { node: target.node, ...context });
    this.name = "SshError";
    this.failure = failure;
  }
}

interface Pattern {
  readonly failure: SshFailure;
  readonly pattern: RegExp;
  readonly what: string;
  readonly fix: (target: SshTarget) => string;
}

/**
 * OpenSSH exits with 255 for every failure of its own and sudo with 1, so their text is all
 * there is to tell them apart; it is untranslated in both (LC_ALL=C is set for the child).
 * The first pattern that matches counts.
 */
const PATTERNS: readonly Pattern[] = [
  {
    failure: "bad-option",
    pattern:
      /Bad configuration option: |Unsupported option |bad configuration options|keyword .* extra arguments/i,
    what: "ssh refuses an option",
    fix: () =>
      "Correct ssh.options in nodewright.yaml, or your ssh_config; man ssh_config lists the options",
  },
  {
    failure: "host-key-changed",
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed/i,
    what: "its host key is not the known one",
    fix: (t) =>
      `find out why (a reinstalled machine, or someone in between); if it is right, run: ssh-keygen -R ${hostKeyName(t)}${t.knownHostsFile === undefined ? "" : ` -f ${shellQuote(t.knownHostsFile)}`}`,
  },
  {
    failure: "host-key-unknown",
    pattern: /Host key verification failed|No .* host key is known/i,
    what: "its host key is not known here",
    fix: (t) =>
      `compare the fingerprint with the machine's own and store it: nodewright trust ${t.node}${t.jumpHost === undefined ? "" : `; behind a jump host: ssh ${t.jumpHost}, then nodewright ssh ${t.node}`}`,
  },
  {
    failure: "auth",
    pattern:
      /Permission denied|Too many authentication failures|no such identity|UNPROTECTED PRIVATE KEY/i,
    what: "the user or key was refused",
    fix: (t) =>
      `check user (${t.user ?? "the one of your ssh_config"}) and key (${t.identityFile ?? "agent or ssh_config"}); try: ssh -v ${t.host}`,
  },
  {
    failure: "name",
    pattern: /Could not resolve hostname/i,
    what: "the host name does not resolve",
    fix: () => "check the address in machines.txt and the jump host",
  },
  {
    failure: "refused",
    pattern: /Connection refused/i,
    what: "nothing listens on its SSH port",
    fix: (t) => `start sshd on the machine, or set ssh.port for it (now ${t.port ?? 22})`,
  },
  {
    failure: "timeout",
    pattern: /Connection timed out|Operation timed out|timed out during banner|Timeout, server/i,
    what: "it does not answer",
    fix: () => "is the machine on, and is its address right?",
  },
  {
    failure: "unreachable",
    pattern: /No route to host|Network is unreachable/i,
    what: "no route to host",
    fix: () => "is the machine on, and is its address right?",
  },
  {
    failure: "sudo-password",
    pattern: /sudo: .*(password is required|terminal is required|askpass)/i,
    what: "sudo asks for a password",
    fix: (t) =>
      `let ${t.user ?? "the user"} run sudo without one (a NOPASSWD rule in /etc/sudoers.d), or connect as root`,
  },
  {
    failure: "sudo-denied",
    pattern: /is not in the sudoers file|not allowed to (execute|run)|sudo: .*not found/i,
    what: "sudo does not let the user become root",
    fix: (t) => `give ${t.user ?? "the user"} sudo rights, or connect as root`,
  },
];

const GO_ON = "run the same command again; what was already received is kept";

function hostKeyName(target: SshTarget): string {
  return target.port === undefined || target.port === 22
    ? target.host
    : `'[${target.host}]:${target.port}'`;
}

/** Names the failure of an ssh child from its exit code and what it wrote to standard error. */
export function sshFailure(
  target: SshTarget,
  exitCode: number,
  stderr: string,
  options: { readonly wasConnected: boolean } = { wasConnected: false },
): SshError {
  const { wasConnected } = options;
  const where = `${wasConnected ? "Cannot go on with" : "Cannot connect to"} ${target.host}`;
  const detail = stderr.trim().split("\n").slice(-8).join("\n");
  for (const { failure, pattern, what, fix } of PATTERNS) {
    if (pattern.test(stderr)) {
      const option = /Bad configuration option: (\S+)/i.exec(stderr)?.[1];
      const said = option === undefined ? what : `ssh refuses option ${option}`;
      return new SshError(target, failure, `${where}: ${said}`, { detail, fix: fix(target) });
    }
  }
  if (exitCode === 255) {
    return new SshError(target, "lost", `${where}: the connection was lost`, {
      detail,
      fix: GO_ON,
    });
  }
  // As a shell says it: a signal and 128.
  const how = exitCode > 128 ? `was ended by signal ${exitCode - 128}` : `ended with ${exitCode}`;
  return new SshError(target, "remote", `${where}: the remote side ${how}`, {
    detail,
    ...(wasConnected ? { fix: GO_ON } : {}),
  });
}
