import { err, ok, type Result } from "../../../../../base/mod.ts";
import type { ClientSettings } from "../client/dhcp-client.ts";
import { DEFAULT_SOCKET_PATH } from "../ipam-conf.ts";

/** What the daemon was started with. */
export interface DaemonFlags {
  /** Empty for none. */
  readonly pidFile: string;
  /** Stands before the socket's path and those of namespaces. */
  readonly hostPrefix: string;
  readonly socketPath: string;
  readonly client: ClientSettings;
}

const TEXT_FLAGS = ["pidfile", "hostprefix", "socketpath"] as const;
const DURATION_FLAGS = ["timeout", "resendmax", "resendtimeout"] as const;

/** What `dhcp daemon -h` prints: one line a flag. */
export const DAEMON_USAGE = `Usage: dhcp daemon [flags]
  -pidfile PATH            write the process number there
  -hostprefix PATH         where the host's root is, for a daemon in a container
  -socketpath PATH         the unix socket to listen on (default ${DEFAULT_SOCKET_PATH})
  -broadcast               ask servers to answer by broadcast
  -timeout DURATION        how long an answer is waited for (default 10s)
  -resendmax DURATION      the longest pause between two attempts (default 1m2s)
  -resendtimeout DURATION  how long a lease is tried to get at all (default 3m28s)`;

/**
 * Reads flags as Go's flag package does: one or two dashes, a value after "=" or as the next
 * argument, a switch without. An error says which one is wrong.
 */
export function parseDaemonFlags(argv: readonly string[]): Result<DaemonFlags, string> {
  const values: Record<string, string> = {};
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(argument);
    const name = match?.[1] ?? "";
    const isSwitch = name === "broadcast";
    if (!isSwitch && ![...TEXT_FLAGS, ...DURATION_FLAGS].some((known) => known === name)) {
      return err(`unknown argument: "${argument}"`);
    }
    const value = match?.[2] ?? (isSwitch ? "true" : rest.shift());
    if (value === undefined) return err(`-${name} needs a value`);
    values[name] = value;
  }
  return readFlags(values);
}

function readFlags(values: Readonly<Record<string, string>>): Result<DaemonFlags, string> {
  const broadcast = parseGoBoolean(values["broadcast"] ?? "false");
  if (broadcast === undefined) return err(`-broadcast is no switch: "${values["broadcast"]}"`);
  const pidFile = values["pidfile"] ?? "";
  if (pidFile !== "" && !pidFile.startsWith("/")) {
    return err(`-pidfile must be an absolute path: "${pidFile}"`);
  }
  const durations: Record<string, number> = {
    timeout: 10_000,
    resendmax: 62_000,
    resendtimeout: 208_000,
  };
  for (const name of DURATION_FLAGS) {
    const text = values[name];
    if (text === undefined) continue;
    const ms = parseGoDuration(text);
    if (ms === undefined || ms <= 0) return err(`-${name} must be a duration like 10s: "${text}"`);
    durations[name] = ms;
  }
  const {
    timeout: timeoutMs = 0,
    resendmax: resendMaxMs = 0,
    resendtimeout: resendTimeoutMs = 0,
  } = durations;
  return ok({
    pidFile,
    hostPrefix: values["hostprefix"] ?? "",
    socketPath:
      (values["socketpath"] ?? "") === "" ? DEFAULT_SOCKET_PATH : (values["socketpath"] ?? ""),
    client: { timeoutMs, resendMaxMs, resendTimeoutMs, broadcast },
  });
}

/** strconv.ParseBool. */
function parseGoBoolean(text: string): boolean | undefined {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  return /^(?:0|f|F|false|FALSE|False)$/.test(text) ? false : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** time.ParseDuration without a sign: `1m2s`, `1.5s`; milliseconds, undefined for what is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/gy;
  let ms = 0;
  let end = 0;
  for (const match of text.matchAll(part)) {
    ms += Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? 0);
    end = match.index + match[0].length;
  }
  return end === text.length && end > 0 ? ms : undefined;
}
