import { NodewrightError } from "../base/mod.ts";
import { type Exec, execOrThrow } from "./exec.ts";
import type { Systemd, UnitState } from "./systemd.ts";

const PROPERTIES = [
  "Id",
  "LoadState",
  "ActiveState",
  "SubState",
  "UnitFileState",
  "NeedDaemonReload",
  "DropInPaths",
  "ActiveEnterTimestamp",
  "Result",
  "ExecMainStatus",
  "NRestarts",
  "MainPID",
  "FragmentPath",
  "SourcePath",
  "ExecStartPre",
] as const;

/** A command before the start that has failed the unit, as `systemctl show` tells it. */
const FAILED_PRE =
  /^ExecStartPre=\{ .*argv\[\]=(.*?) ; ignore_errors=no ;.* code=exited ; status=([1-9]\d*)/m;

/**
 * A start job of Type=notify ends by systemd's own TimeoutStartSec (90 s by default), a stop job
 * by TimeoutStopSec; this is only for a systemd that does not answer.
 */
const JOB_TIMEOUT_MS = 200_000;

/** systemd by its own commands, systemctl and journalctl. */
export function createSystemctl(exec: Exec): Systemd {
  const run = (action: string, ...argv: string[]): Promise<string> =>
    execOrThrow(exec, ["systemctl", "--no-pager", "--no-ask-password", ...argv], action, {
      timeoutMs: JOB_TIMEOUT_MS,
    });
  // A unit that failed too often in a row would refuse every start until this is said.
  const forgetFailures = (unit: string): Promise<unknown> =>
    exec(["systemctl", "--no-pager", "reset-failed", "--", unit]);
  const job = async (verb: "start" | "restart", unit: string): Promise<void> => {
    await forgetFailures(unit);
    await run(`Cannot ${verb} ${unit}`, verb, "--", unit);
  };
  const show: Systemd["show"] = async (units) => {
    if (units.length === 0) return {};
    const argv = ["show", `--property=${PROPERTIES.join(",")}`, "--", ...units];
    return parseShow(units, await run("Cannot ask systemd about units", ...argv));
  };
  const state = async (unit: string): Promise<UnitState | undefined> => (await show([unit]))[unit];
  return {
    show,
    daemonReload: async () =>
      void (await run("Cannot reload systemd's unit files", "daemon-reload")),
    enable: async (unit) =>
      void (await run(`Cannot enable ${unit}`, "enable", "--no-reload", "--", unit)),
    disable: async (unit) =>
      void (await run(`Cannot disable ${unit}`, "disable", "--no-reload", "--", unit)),
    mask: async (unit) => void (await run(`Cannot mask ${unit}`, "mask", "--", unit)),
    unmask: async (unit) => void (await run(`Cannot unmask ${unit}`, "unmask", "--", unit)),
    // A start would wait until the time between two automatic attempts is over.
    start: async (unit) =>
      job((await state(unit))?.subState === "auto-restart" ? "restart" : "start", unit),
    restart: (unit) => job("restart", unit),
    stop: async (unit) => {
      if ((await state(unit))?.loadState === "not-found") return;
      await run(`Cannot stop ${unit}`, "stop", "--", unit);
      await forgetFailures(unit);
    },
    isGoingDown: async () => {
      const { stdout } = await exec(["systemctl", "--no-pager", "is-system-running"]);
      // `stopping`; and nothing, `offline` or `unknown` from one that answers nobody any more.
      return !/^(running|degraded|starting|initializing|maintenance)\b/.test(stdout);
    },
    swapUnits: async () => {
      const out = await run(
        "Cannot list swap units",
        "list-units",
        "--all",
        "--type=swap",
        "--plain",
        "--no-legend",
      );
      return out.split("\n").flatMap((line) => line.trim().split(/\s+/)[0] || []);
    },
    journalCursor: async () => {
      const { stdout } = await journalctl(exec, ["--lines=0", "--show-cursor"]);
      return /^-- cursor: (.+)$/m.exec(stdout)?.[1];
    },
    journal: async (unit, { lines, after }) => {
      // With a cursor journalctl would take --lines for the first ones after it.
      const range = after === undefined ? `--lines=${lines}` : `--after-cursor=${after}`;
      const { stdout } = await journalctl(exec, [`--unit=${unit}`, "--output=cat", range]);
      return stdout
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("-- "))
        .slice(-lines);
    },
  };
}

/** The journal is for messages: where it cannot be read there is nothing to say. */
async function journalctl(exec: Exec, argv: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await exec(["journalctl", "--no-pager", "--quiet", ...argv]);
  } catch (thrown) {
    if (thrown instanceof NodewrightError && thrown.kind === "exec") return { stdout: "" };
    throw thrown;
  }
}

/** Reads the blocks of `systemctl show`, one a unit in the order asked, divided by empty lines. */
export function parseShow(
  units: readonly string[],
  output: string,
): Readonly<Record<string, UnitState>> {
  const blocks = output.trim().split(/\n\n+/);
  return Object.fromEntries(units.map((unit, i) => [unit, parseBlock(blocks[i] ?? "")]));
}

function parseBlock(block: string): UnitState {
  const values = new Map(
    block.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const text = (name: (typeof PROPERTIES)[number]): string => values.get(name) ?? "";
  const number = (name: (typeof PROPERTIES)[number]): number => Number(text(name)) || 0;
  // `Mon 2026-11-23 03:03:33 UTC`, in UTC because programs are run so
  const [, day, time] = text("ActiveEnterTimestamp").split(" ");
  const startedAtMs = Date.parse(`${day}T${time}Z`);
  const running = ["active", "reloading", "deactivating"].includes(text("ActiveState"));
  return {
    loadState: text("LoadState") || "not-found",
    activeState: text("ActiveState") || "inactive",
    subState: text("SubState") || "dead",
    unitFileState: text("UnitFileState"),
    needDaemonReload: text("NeedDaemonReload") === "yes",
    dropIns: text("DropInPaths").split(" ").filter(Boolean),
    ...(running && !Number.isNaN(startedAtMs) ? { startedAtMs } : {}),
    result: text("Result"),
    ...failedPre(block),
    execMainStatus: number("ExecMainStatus"),
    restarts: number("NRestarts"),
    mainPid: number("MainPID"),
    fragmentPath: text("FragmentPath"),
    sourcePath: text("SourcePath"),
  };
}

function failedPre(block: string): Pick<UnitState, "failedPre"> {
  const [, command, status] = FAILED_PRE.exec(block) ?? [];
  if (command === undefined) return {};
  return { failedPre: { command, exitStatus: Number(status) } };
}
