import { rmSync } from "node:fs";
import { NodewrightError } from "../../../../../base/mod.ts";
import { atomicWriteFileSync } from "../../../../../sys/mod.ts";
import { RpcServerConnection } from "../rpc/rpc-server.ts";
import { bootClock } from "./boot-clock.ts";
import { DhcpService } from "./dhcp-service.ts";
import { DAEMON_USAGE, type DaemonFlags, parseDaemonFlags } from "./go-flags.ts";
import { journalDirectory, LeaseJournal } from "./lease-journal.ts";
import { kernelLinks } from "./links.ts";
import { type Accept, hasPassedSocket, listenAt, listenPassed } from "./listen.ts";
import { rpcMethods } from "./rpc-methods.ts";

/** What the daemon's process has. */
export interface DaemonProcess {
  /** After `daemon`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly log: (line: string) => void;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
}

/** How long the daemon before this one may take to end. */
const JOURNAL_TIMEOUT_MS = 10_000;
const JOURNAL_RETRY_MS = 100;

/** Runs the DHCP daemon until it is told to end; gives its exit code: 0, 1 for failure, 2 for usage. */
export async function runDaemon(process: DaemonProcess): Promise<number> {
  const { argv, log } = process;
  if (argv.some((argument) => /^--?h(?:elp)?$/.test(argument))) {
    log(DAEMON_USAGE);
    return 0;
  }
  const flags = parseDaemonFlags(argv);
  if (!flags.ok) {
    log(flags.error);
    log(DAEMON_USAGE);
    return 2;
  }
  try {
    await serve(flags.value, process);
    return 0;
  } catch (thrown) {
    const error = NodewrightError.from(thrown, "Cannot go on");
    log(error.fix === undefined ? error.message : `${error.message}\n  fix: ${error.fix}`);
    return 1;
  }
}

async function serve(flags: DaemonFlags, process: DaemonProcess): Promise<void> {
  const { log, signal } = process;
  const path = `${flags.hostPrefix}${flags.socketPath}`;
  using journal = await openJournal(path, process);
  const service = new DhcpService({
    clock: bootClock,
    random: Math.random,
    log,
    settings: flags.client,
    links: kernelLinks(bootClock, flags.hostPrefix),
    journal,
  });
  const accept: Accept = (peer) => new RpcServerConnection(peer, rpcMethods(service));
  // Before anybody can ask: what there was is known, whoever comes first.
  const records = journal.read(log);
  service.resume(records);
  try {
    const isPassed = hasPassedSocket(process.env, process.pid);
    const listener = isPassed ? listenPassed(accept) : await listenAt(path, accept);
    if (flags.pidFile !== "") atomicWriteFileSync(flags.pidFile, String(process.pid));
    log(`serves "${path}", ${records.length} leases kept`);
    await aborted(signal);
    listener.stop();
    if (!isPassed) rmSync(path, { force: true });
    if (flags.pidFile !== "") rmSync(flags.pidFile, { force: true });
  } finally {
    await service.stop();
  }
  log("ends; the leases stay with their pods");
}

async function openJournal(path: string, { signal }: DaemonProcess): Promise<LeaseJournal> {
  const directory = journalDirectory(path);
  for (let waitedMs = 0; waitedMs < JOURNAL_TIMEOUT_MS; waitedMs += JOURNAL_RETRY_MS) {
    const journal = LeaseJournal.tryOpen(directory);
    if (journal !== undefined) return journal;
    await bootClock.sleep(JOURNAL_RETRY_MS, signal);
  }
  throw new NodewrightError(
    "dhcp-daemon",
    `Cannot use the leases in "${directory}": another daemon does`,
    {
      fix: "Stop that one first, or give this one another -socketpath",
    },
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
