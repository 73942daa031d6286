import { type Clock, err, ok, pollUntil, type Result } from "../../base/mod.ts";
import { type CriClient, type ExecResult, execSync } from "../../cri/mod.ts";
import { formatAddress, parseAddress } from "../../ip/mod.ts";
import { POD_PORT, type VerifyPod } from "./verify-pods.ts";
import { VerifyError } from "./verify-report.ts";

/** An answer of a verify server: who called, as it saw it, and its own name (empty: a host's). */
export interface WhoAnswer {
  readonly caller: string;
  readonly name: string;
}

const EXEC_TIMEOUT_MS = 60_000;

// Not wget: in a statically linked busybox its look-up of the service name crashes.
const ASK = `printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | nc -w 5 "$1" "$2"`;

/** Asks questions from inside one pod, with the commands that busybox has. */
export class PodProbe {
  readonly pod: VerifyPod;
  readonly #cri: CriClient;
  constructor(cri: CriClient, pod: VerifyPod) {
    this.#cri = cri;
    this.pod = pod;
  }

  /** The output of a command, trimmed; undefined where it failed. */
  async text(...argv: string[]): Promise<string | undefined> {
    const run = await this.#exec(argv);
    return run.exitCode === 0 ? run.stdout.trim() : undefined;
  }

  /** True where the address answers one of three pings. */
  async ping(address: string): Promise<boolean> {
    const family = address.includes(":") ? "-6" : "-4";
    for (let attempt = 0; attempt < 3; attempt++) {
      const run = await this.#exec(["ping", family, "-c", "1", "-W", "2", address]);
      if (run.exitCode === 0) return true;
    }
    return false;
  }

  /** Asks a verify server over TCP; the error says why it cannot be reached. */
  async who(address: string, port: number): Promise<Result<WhoAnswer, string>> {
    const run = await this.#exec(["/bin/sh", "-c", ASK, "ask", address, String(port)]);
    if (run.exitCode !== 0) return err(lastLine(run.stderr) ?? `exit code ${run.exitCode}`);
    return parseAnswer(run.stdout);
  }

  /** What a command prints on both outputs, however it ends. */
  async output(...argv: string[]): Promise<string> {
    const run = await this.#exec(argv);
    return `${run.stdout}${run.stderr}`;
  }

  /** Waits until the pod's own server answers within the pod. */
  async untilServing(clock: Clock): Promise<void> {
    let last = "";
    const served = await pollUntil(clock, { timeoutMs: 30_000, intervalMs: 50 }, async () => {
      const answer = await this.who("127.0.0.1", POD_PORT);
      if (!answer.ok) last = answer.error;
      return answer.ok ? true : undefined;
    });
    if (served !== undefined) return;
    throw new VerifyError(
      `Cannot use the pod ${this.pod.name}: its server does not answer in it: ${last}`,
      {
        fix: "the image must be busybox with sh, nc and httpd: see its log with `nodewright cri logs`",
      },
    );
  }

  #exec(argv: string[]): Promise<ExecResult> {
    return execSync(
      this.#cri,
      { containerId: this.pod.containerId, argv },
      { timeoutMs: EXEC_TIMEOUT_MS },
    );
  }
}

/** The HTTP response of a verify server. */
export function parseAnswer(response: string): Result<WhoAnswer, string> {
  const body = /\r\n\r\n(.*)$/s.exec(response)?.[1]?.trim();
  if (body === undefined || body === "") return err("the connection was closed without an answer");
  const [caller = "", name = ""] = body.split(" ");
  return ok({ caller: plainAddress(caller), name });
}

function lastLine(text: string): string | undefined {
  const line = text.trim().split("\n").at(-1);
  return line === "" ? undefined : line;
}

/** The address in its usual form: without brackets, scope or the IPv6 wrapping of an IPv4 one. */
export function plainAddress(text: string): string {
  const bare = text
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/%.*$/, "")
    .replace(/^::ffff:(?=\d+\.)/i, "");
  const parsed = parseAddress(bare);
  return parsed.ok ? formatAddress(parsed.value) : bare;
}
