import { connect } from "node:tls";
import type { HostDial } from "../../../check/mod.ts";

const TIMEOUT_MS = 3_000;

/**
 * Connects to each https URL from this machine and reads the certificate that the server shows,
 * whoever signed it: rules judge that. By `HOST:PORT`.
 */
export async function dialServers(
  servers: readonly string[],
): Promise<Readonly<Record<string, HostDial>>> {
  const targets = new Map<string, URL>();
  for (const server of servers) {
    const url = URL.parse(server);
    if (url?.protocol !== "https:") continue;
    targets.set(`${url.hostname.replace(/^\[|\]$/g, "")}:${url.port || "443"}`, url);
  }
  const entries = await Promise.all(
    [...targets.keys()].map(async (target) => [target, await dial(target)] as const),
  );
  return Object.fromEntries(entries);
}

function dial(target: string): Promise<HostDial> {
  const colon = target.lastIndexOf(":");
  const [host, port] = [target.slice(0, colon), Number(target.slice(colon + 1))];
  return new Promise((resolve) => {
    let isReached = false;
    const socket = connect({ host, port, rejectUnauthorized: false, servername: nameOf(host) });
    const end = (answer: HostDial): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(
      () => end({ isReached, certificate: null, error: "ETIMEDOUT" }),
      TIMEOUT_MS,
    );
    socket.once("connect", () => {
      isReached = true;
    });
    socket.once("secureConnect", () => {
      const { raw } = socket.getPeerCertificate();
      end({ isReached: true, certificate: raw === undefined ? null : toPem(raw), error: "" });
    });
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end({ isReached, certificate: null, error: isReached ? "" : (error.code ?? error.message) }),
    );
  });
}

/** An address is not a name that a server can be asked for. */
function nameOf(host: string): string {
  return /^[\d.]+$|:/.test(host) ? "" : host;
}

function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
