/** What a command of the host printed. */
export interface HostOutput {
  readonly exitCode: number;
  readonly stdout: string;
}

/** Runs a command of the host; 127 where there is no such command. Never rejects. */
export type HostCommand = (argv: readonly string[]) => Promise<HostOutput>;

/** The real one. */
export const hostCommand: HostCommand = async (argv) => {
  try {
    const child = Bun.spawn([...argv], { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
    const stdout = await new Response(child.stdout).text();
    return { exitCode: await child.exited, stdout };
  } catch {
    return { exitCode: 127, stdout: "" };
  }
};
