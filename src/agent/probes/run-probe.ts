import net from "node:net";
import { messageOf } from "../../base/mod.ts";
import { type CriClient, CriError, execSync } from "../../cri/mod.ts";
import type { Container, Probe } from "../api/mod.ts";
import { checkGrpcHealth } from "./grpc-health.ts";
import { httpGet, portNumber } from "./http-get.ts";
import type { ProbeOutcome } from "./outcome.ts";

export interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIP: string;
  readonly userAgent: string;
}

/** Tries a probe once, within its own timeout. */
export async function runProbe(
  cri: CriClient,
  probe: Probe,
  target: ProbeTarget,
): Promise<ProbeOutcome> {
  const timeoutMs = Math.max(1, probe.timeoutSeconds ?? 1) * 1000;
  const timeUp = AbortSignal.timeout(timeoutMs);
  try {
    if (probe.exec !== undefined) {
      return await execProbe(cri, probe.exec.command ?? [], { target, timeoutMs });
    }
    if (probe.httpGet !== undefined) return await httpProbe(probe.httpGet, { target, timeUp });
    if (probe.tcpSocket !== undefined) return await tcpProbe(probe.tcpSocket, { target, timeUp });
    if (probe.grpc !== undefined) {
      const { port, service = "" } = probe.grpc;
      return await checkGrpcHealth({ host: target.podIP, port, service, timeoutMs });
    }
    return { kind: "error", output: "missing probe handler" };
  } catch (thrown) {
    const output = timeUp.aborted
      ? `context deadline exceeded (timeout ${timeoutMs / 1000}s)`
      : thrown instanceof Error
        ? thrown.message
        : String(thrown);
    return { kind: "failure", output };
  }
}

async function execProbe(
  cri: CriClient,
  argv: readonly string[],
  { target, timeoutMs }: { readonly target: ProbeTarget; readonly timeoutMs: number },
): Promise<ProbeOutcome> {
  const { containerId } = target;
  try {
    const result = await execSync(cri, { containerId, argv }, { timeoutMs });
    const output = result.stdout + result.stderr;
    return { kind: result.exitCode === 0 ? "success" : "failure", output };
  } catch (thrown) {
    if (thrown instanceof CriError && thrown.code === "DEADLINE_EXCEEDED") {
      const argvText = argv.join(" ");
      return {
        kind: "failure",
        output: `command timed out: "${argvText}" timed out after ${timeoutMs / 1000}s`,
      };
    }
    const output = messageOf(thrown);
    return { kind: "error", output };
  }
}

async function httpProbe(
  action: NonNullable<Probe["httpGet"]>,
  { target, timeUp }: { readonly target: ProbeTarget; readonly timeUp: AbortSignal },
): Promise<ProbeOutcome> {
  // cast: IntOrString of the API is a number or a text
  const withPort = { ...action, port: action.port as number | string };
  const answer = await httpGet(withPort, { ...target, signal: timeUp });
  const output = answer.body;
  if (answer.leavesHost) return { kind: "warning", output: "Probe terminated redirects" };
  if (answer.status >= 200 && answer.status < 400) return { kind: "success", output };
  return { kind: "failure", output: `HTTP probe failed with statuscode: ${answer.status}` };
}

function tcpProbe(
  action: NonNullable<Probe["tcpSocket"]>,
  { target, timeUp }: { readonly target: ProbeTarget; readonly timeUp: AbortSignal },
): Promise<ProbeOutcome> {
  // cast: IntOrString of the API is a number or a text
  const port = portNumber(action.port as number | string, target.container);
  const host = action.host === undefined || action.host === "" ? target.podIP : action.host;
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const onAbort = (): void => {
      socket.destroy();
      reject(timeUp.reason);
    };
    timeUp.addEventListener("abort", onAbort, { once: true });
    const finish = (outcome: ProbeOutcome): void => {
      timeUp.removeEventListener("abort", onAbort);
      socket.destroy();
      resolve(outcome);
    };
    socket.on("connect", () => finish({ kind: "success", output: "" }));
    socket.on("error", (error) => finish({ kind: "failure", output: error.message }));
  });
}
