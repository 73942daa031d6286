import { type Clock, type Logger, messageOf } from "../base/mod.ts";
import { sendDatagram } from "../sys/mod.ts";

/** What systemd wants to hear: the environment of a unit with Type=notify or WatchdogSec. */
export interface ServiceManager {
  /** Sends a line of sd_notify(3). */
  readonly send: (text: string) => void;
  /** How long it waits for a sign of life; undefined where it does not watch. */
  readonly watchdogMs?: number;
}

/** Pure: what a unit's environment asks for; undefined where nobody listens. */
export function parseServiceManager(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): { readonly socket: string; readonly watchdogMs?: number } | undefined {
  const socket = env["NOTIFY_SOCKET"] ?? "";
  if (socket === "") return undefined;
  const microseconds = Number(env["WATCHDOG_USEC"] ?? "");
  // The variables reach the children of a unit, too: they are for the process that they name.
  const isOurs = (env["WATCHDOG_PID"] ?? String(pid)) === String(pid);
  if (!isOurs || !Number.isFinite(microseconds) || microseconds <= 0) return { socket };
  return { socket, watchdogMs: microseconds / 1000 };
}

/** The manager that a unit's environment names; undefined where nobody listens. */
export function openServiceManager(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): ServiceManager | undefined {
  const asked = parseServiceManager(env, pid);
  if (asked === undefined) return undefined;
  const { socket, ...rest } = asked;
  return { ...rest, send: (text) => sendDatagram(socket, text) };
}

/**
 * Says READY once, then, where it is watched, that the agent is alive. A runtime that is down is no
 * reason to be restarted: the node says so itself.
 */
export async function reportToManager(
  manager: ServiceManager,
  deps: {
    readonly clock: Clock;
    readonly log: Logger;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { clock, log, signal } = deps;
  const send = (text: string): void => {
    try {
      manager.send(text);
    } catch (thrown) {
      log.warn("Cannot notify systemd", { text, error: messageOf(thrown) });
    }
  };
  send("READY=1");
  const { watchdogMs } = manager;
  while (!signal.aborted && watchdogMs !== undefined) {
    send("WATCHDOG=1");
    // As sd_watchdog_enabled(3) advises: twice as often as it has to be.
    await clock.sleep(watchdogMs / 2, signal).catch(() => {});
  }
}
