import { createServer, type Server } from "node:net";
import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { NodewrightError, UsageError } from "../../base/mod.ts";
import { type PortForwardSession, portForward } from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import { printError } from "../output/print-error.ts";
import { addCriOptions } from "./common-options.ts";
import { inSession } from "./cri-session.ts";
import { resolvePod } from "./resolve-id.ts";

/** A port here and the pod's; 0 here is any free one. */
interface Ports {
  readonly local: number;
  readonly remote: number;
}

/** `port-forward`, until Ctrl-C. */
export function definePortForward(root: Command, context: CliContext): void {
  addCriOptions(root.command("port-forward"))
    .description("carry connections to local ports into a pod, until interrupted")
    .argument("<pod>", "ID or its beginning")
    .argument("<port...>", "PORT, LOCAL:REMOTE, or :REMOTE for any free local port", portArgument)
    .addOption(new Option("--until-eof", "end when standard input ends").hideHelp())
    .action((pod, ports, options, command) => {
      const isRemote = "node" in options && options.node !== undefined;
      if (isRemote && ports.some(({ local }) => local === 0)) {
        throw new UsageError("Cannot choose a free port on this machine and the node together", {
          fix: "Write LOCAL:REMOTE",
        });
      }
      return inSession(
        context,
        command,
        async ({ cri, signal }) => {
          const podSandboxId = await resolvePod(cri, pod);
          const wanted = ports.map(({ remote }) => remote);
          using session = await portForward(cri, { podSandboxId, ports: wanted }, signal.signal);
          await serve(session, ports, { context, untilEof: options.untilEof ?? false });
        },
        {
          extra: ["--until-eof"],
          forwards: ports.map(({ local }) => `127.0.0.1:${local}:127.0.0.1:${local}`),
        },
      );
    });
}

function portArgument(text: string, before: readonly Ports[] = []): readonly Ports[] {
  const [, local, remote = ""] = /^(?:(\d*):)?(\d+)$/.exec(text) ?? [];
  const ports = { local: Number(local === undefined ? remote : local), remote: Number(remote) };
  if (remote === "" || ports.local > 65535 || ports.remote < 1 || ports.remote > 65535) {
    throw new InvalidArgumentError("Expected PORT or LOCAL:REMOTE, such as 8080:80.");
  }
  return [...before, ports];
}

async function serve(
  session: PortForwardSession,
  ports: readonly Ports[],
  { context, untilEof }: { readonly context: CliContext; readonly untilEof: boolean },
): Promise<void> {
  const servers: Server[] = [];
  try {
    for (const { local, remote } of ports) {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on("error", () => {});
        session
          .forward(remote, socket)
          .catch((thrown: unknown) =>
            printError(NodewrightError.from(thrown, `Cannot reach port ${remote}`), context),
          );
      });
      servers.push(server);
      const port = await listen(server, local);
      if (context.json) context.out.json({ kind: "forwarding", local: port, remote });
      else context.out.line(`Forwarding from 127.0.0.1:${port} -> ${remote}`);
    }
    const ends = [session.closed, interrupted(context.signal)];
    if (untilEof) ends.push(endOf(context.process.stdin));
    await Promise.race(ends);
    context.signal.throwIfAborted();
  } finally {
    for (const server of servers) server.close();
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another program uses it" : error.message;
      reject(
        new NodewrightError("cri-stream", `Cannot listen on 127.0.0.1:${port}: ${why}`, {
          cause: error,
          fix: "Choose another local port: LOCAL:REMOTE",
        }),
      );
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function endOf(stdin: NodeJS.ReadStream): Promise<void> {
  return new Promise((resolve) => {
    stdin.once("end", resolve);
    stdin.once("close", resolve);
    stdin.resume();
  });
}
