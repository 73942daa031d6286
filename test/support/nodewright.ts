import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** What a run of nodewright ended with. */
export interface NodewrightOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, for messages and for expectations that do not mind which. */
  readonly text: string;
}

/** The executable that tests run: NODEWRIGHT_TEST_EXECUTABLE, else the one that the build makes. */
export function nodewrightPath(): string {
  const path = resolve(
    process.env["NODEWRIGHT_TEST_EXECUTABLE"] || join(import.meta.dir, "../../dist/nodewright"),
  );
  if (!existsSync(path)) throw new Error(`No executable to test: ${path}; npm run build makes it`);
  return path;
}

/** Starts the executable as a person would from a shell without a terminal. */
export function startNodewright(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([nodewrightPath(), ...argv], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...env },
  });
}

/** Runs the executable to its end; a non-zero exit is a value. */
export async function nodewright(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<NodewrightOutput> {
  return await outputOf(startNodewright(argv, env));
}

/** Waits for a started one. */
export async function outputOf(
  child: Bun.Subprocess<"ignore", "pipe", "pipe">,
): Promise<NodewrightOutput> {
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr, text: `${stdout}${stderr}` };
}
