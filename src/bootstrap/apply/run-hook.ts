import { resolve } from "node:path";
import { NodewrightError, octalModes, printable } from "../../base/mod.ts";
import type { NodePlan } from "../../plan/mod.ts";
import { type Cluster, type Hook, isHookPath, type Machine, settingsOf } from "../inventory/mod.ts";

/** What a hook reads on its standard input, as one line of JSON. */
export interface HookInput {
  readonly hook: Hook;
  readonly node: string;
  readonly address: string;
  /** Absolute path. */
  readonly clusterDir: string;
  /** Of beforeChange and afterChange: what is changed. */
  readonly plan?: NodePlan;
}

/** Longer than any hook should take; one that hangs would hold the node's lock for ever. */
const TIMEOUT_MS = 10 * 60_000;
/** Once the program has ended, what it left running may hold its output open. */
const OUTPUT_LINGER_MS = 1_000;
const DETAIL_LINES = 20;

interface HookPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Milliseconds; only tests shorten it. */
  readonly timeoutMs?: number;
}

/**
 * Runs the command that nodewright.yaml names for a moment, on the jumpbox, in the cluster directory,
 * without a shell. `onLine` gets what it prints. Rejects with kind `hook` where it cannot be
 * started, ends with anything but 0, or takes longer than ten minutes.
 */
export async function runHook(
  cluster: Pick<Cluster, "dir" | "settings">,
  call: { readonly machine: Machine; readonly hook: Hook; readonly plan?: NodePlan },
  ports: HookPorts,
  onLine: (line: string) => void,
): Promise<void> {
  const { machine, hook, plan } = call;
  const argv = settingsOf(cluster.settings, machine.name).hooks[hook];
  if (argv === undefined) return;
  const input: HookInput = {
    hook,
    node: machine.name,
    address: machine.address,
    clusterDir: cluster.dir,
    ...(plan === undefined ? {} : { plan }),
  };
  const child = spawn(argv, cluster.dir, input, ports);
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    onLine(printable(line));
  };
  const output = Promise.all([readLines(child.stdout, keep), readLines(child.stderr, keep)]);
  const exitCode = await child.exited;
  await Promise.race([output, Bun.sleep(OUTPUT_LINGER_MS)]);
  ports.signal.throwIfAborted();
  if (exitCode === 0) return;
  const how =
    child.signalCode === null ? `ended with ${exitCode}` : `was ended by ${child.signalCode}`;
  throw failure(input, argv, {
    message: `${argv.join(" ")} ${how}`,
    detail: lines
      .slice(-DETAIL_LINES)
      .map((line) => printable(line))
      .join("\n"),
  });
}

function spawn(
  argv: readonly string[],
  dir: string,
  input: HookInput,
  { env, signal, timeoutMs = TIMEOUT_MS }: HookPorts,
) {
  const [program = "", ...words] = argv;
  try {
    return Bun.spawn([isHookPath(program) ? resolve(dir, program) : program, ...words], {
      cwd: dir,
      env: {
        ...env,
        NODEWRIGHT_HOOK: input.hook,
        NODEWRIGHT_NODE: input.node,
        NODEWRIGHT_ADDRESS: input.address,
      },
      stdin: new TextEncoder().encode(`${JSON.stringify(input, octalModes)}\n`),
      stdout: "pipe",
      stderr: "pipe",
      timeout: timeoutMs,
      signal,
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw failure(input, argv, { message: `cannot start ${argv.join(" ")}: ${why}`, detail: "" });
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) onLine(line);
  }
  if (rest !== "") onLine(rest);
}

function failure(
  { hook, node }: HookInput,
  argv: readonly string[],
  { message, detail }: { readonly message: string; readonly detail: string },
): NodewrightError {
  return new NodewrightError("hook", `The hook ${hook} failed: ${printable(message)}`, {
    node,
    ...(detail === "" ? {} : { detail }),
    fix: `correct ${printable(argv[0] ?? "")}, or take ${hook} out of hooks in nodewright.yaml`,
  });
}
