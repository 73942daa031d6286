import { resolve } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { UsageError } from "../../base/mod.ts";
import { runServer } from "../../cni/server/mod.ts";
import { Fd, listenAtPath } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption } from "../option-parsers.ts";

/** sd_listen_fds(3): the first descriptor that systemd passes. */
const FIRST_PASSED_FD = 3;
const IDLE_SECONDS = 300;
const MAX_WORKERS = 8;

/** `serve`: answers plugins' calls, until there are none. */
export function defineServe(root: Command, context: CliContext): void {
  root
    .command("serve")
    .description("answer the plugins' calls from one resident process")
    .option("--socket <path>", "listen there; without, systemd passes the socket")
    .option("--idle <seconds>", "end after so long without a call", integerOption(1), IDLE_SECONDS)
    .option("--workers <count>", "serve so many calls at once", integerOption(1), MAX_WORKERS)
    .action(async ({ socket, idle, workers }) => {
      const { env, execPath, signal, cwd } = context.process;
      using listening = listen(socket === undefined ? undefined : resolve(cwd, socket), env);
      await runServer({
        listening: listening.number,
        execPath,
        env,
        signal,
        idleMs: idle * 1000,
        maxWorkers: workers,
      });
    });
}

function listen(path: string | undefined, env: Readonly<Record<string, string | undefined>>): Fd {
  if (path !== undefined) return listenAtPath(path);
  if (env["LISTEN_FDS"] === "1") return new Fd(FIRST_PASSED_FD);
  throw new UsageError("Cannot serve: systemd has passed no socket", {
    fix: "systemctl enable --now nodewright-cni.socket, or name one with --socket",
  });
}
