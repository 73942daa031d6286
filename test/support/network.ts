import type { CommandRunner } from "../../src/artifacts/mod.ts";

const NETWORK = process.env["NODEWRIGHT_TEST_NETWORK"];

/**
 * Words before a command that fetches something: tests on a fresh host have no network, and
 * whoever made it names the namespace that has one.
 */
export const WITH_NETWORK: readonly string[] =
  NETWORK === undefined ? [] : ["nsenter", `--net=${NETWORK}`, "--"];

/** Runs every command where there is a network. */
export function withNetwork(commands: CommandRunner): CommandRunner {
  type Argv = Parameters<CommandRunner["run"]>[0];
  const inNetwork = (argv: Argv): Argv => {
    const [program, ...rest] = [...WITH_NETWORK, ...argv];
    return [program ?? argv[0], ...rest];
  };
  return {
    run: (argv, options) => commands.run(inNetwork(argv), options),
    stream: (argv, options) => commands.stream(inNetwork(argv), options),
  };
}
