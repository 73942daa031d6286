import { stat } from "node:fs/promises";
import { connect } from "node:net";
import { parse } from "yaml";
import { err, NodewrightError, ok, type Result } from "../base/mod.ts";
import { readUserText } from "../sys/mod.ts";

/** Where containerd listens unless it is told otherwise. */
export const DEFAULT_RUNTIME_ENDPOINT = "unix:///run/containerd/containerd.sock";

/** The file that crictl reads, in which `runtime-endpoint` names the socket. */
export const CRICTL_CONFIG = "/etc/crictl.yaml";

/**
 * The absolute socket path of an endpoint: `unix:///path`, `unix:/path` or a bare path. TCP
 * endpoints are refused: the interface has no authentication.
 */
export function parseRuntimeEndpoint(endpoint: string): Result<string, string> {
  const path = endpoint.replace(/^unix:(\/\/)?/, "");
  if (path.startsWith("/") && path.length > 1) return ok(path);
  return err(
    `Cannot use the runtime endpoint: "${endpoint}" is not of the form unix:///path/to/socket`,
  );
}

/**
 * The endpoint to use: what was asked for, else crictl's own configuration, else containerd's
 * default. A configuration file that exists but cannot be read as YAML is an error.
 */
export async function findRuntimeEndpoint(
  asked: string | undefined,
  configFile: string = CRICTL_CONFIG,
): Promise<string> {
  if (asked !== undefined && asked !== "") return asked;
  let text: string;
  try {
    text = await readUserText(configFile);
  } catch {
    return DEFAULT_RUNTIME_ENDPOINT;
  }
  let config: unknown;
  try {
    config = parse(text);
  } catch (thrown) {
    throw new NodewrightError("config", `Cannot read ${configFile}: not YAML`, {
      cause: thrown,
      fix: "fix the file, or give --runtime-endpoint",
    });
  }
  if (typeof config === "object" && config !== null && "runtime-endpoint" in config) {
    const value = config["runtime-endpoint"];
    if (typeof value === "string" && value !== "") return value;
  }
  return DEFAULT_RUNTIME_ENDPOINT;
}

/** Why a socket cannot be talked to, and what to do; `fault` ends a sentence. */
export interface SocketFault {
  readonly fault: string;
  readonly fix: string;
}

/** Looks at a unix socket by itself; undefined where something accepts connections on it. */
export async function probeSocket(path: string): Promise<SocketFault | undefined> {
  try {
    const info = await stat(path);
    if (!info.isSocket()) {
      return { fault: "it is not a socket", fix: "give the socket with --runtime-endpoint" };
    }
  } catch (thrown) {
    const code = errorCode(thrown);
    if (code === "ENOENT") {
      return {
        fault: "there is no such socket",
        fix: "start the runtime (`systemctl status containerd`), or name its socket with --runtime-endpoint",
      };
    }
    return { fault: code, fix: "run this as root" };
  }
  const code = await new Promise<string | undefined>((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error) => resolve(errorCode(error)));
  });
  if (code === undefined) return undefined;
  if (code === "EACCES") return { fault: "permission denied", fix: "run this as root" };
  return {
    fault: `nothing accepts connections on it (${code})`,
    fix: "see `systemctl status containerd` and `journalctl -u containerd`",
  };
}

function errorCode(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}
