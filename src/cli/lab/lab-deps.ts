import { join } from "node:path";
import { cacheDirectory } from "../../artifacts/mod.ts";
import { systemClock } from "../../base/mod.ts";
import { createRunCommand, createStart, type LabDeps, type LabEvent } from "../../lab/mod.ts";
import type { CliContext } from "../context.ts";

/** What a process gives to the lab. */
export interface LabEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: (event: LabEvent) => void;
  readonly signal?: AbortSignal;
}

const STATE_DIR = "/var/lib/nodewright/labs";
/** Tools of the administrator, which sudo and su leave out of some users' PATH. */
const ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin";

/** The lab's dependencies in this process: NODEWRIGHT_LAB_DIR and NODEWRIGHT_CACHE move its files. */
export function labDeps({ env, report, signal }: LabEnvironment): LabDeps {
  const path = `${env["PATH"] ?? "/usr/bin:/bin"}:${ADMIN_PATH}`;
  const childEnv = { ...env, PATH: path, LC_ALL: "C.UTF-8" };
  return {
    run: createRunCommand(childEnv),
    start: createStart(childEnv),
    hasTool: (name) => Bun.which(name, { PATH: path }) !== null,
    kill: (pid, killSignal) => {
      // It may have ended since it was found.
      try {
        process.kill(pid, killSignal);
      } catch {}
    },
    clock: systemClock,
    report,
    cacheDir: join(cacheDirectory(env), "lab"),
    stateDir: env["NODEWRIGHT_LAB_DIR"] || STATE_DIR,
    euid: process.geteuid?.() ?? 0,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** The same for a command: what happens is a note, or an event with --json. */
export function labDepsOf(context: CliContext): LabDeps {
  return labDeps({
    env: context.process.env,
    report: reporter(context),
    signal: context.signal,
  });
}

function reporter(context: CliContext): (event: LabEvent) => void {
  if (context.json) return (event) => context.out.json(event);
  return ({ kind, machine, message }) => {
    const prefix = machine === undefined ? "" : `${machine}: `;
    context.out.note(kind === "warning" ? `warning: ${prefix}${message}` : `${prefix}${message}`);
  };
}
