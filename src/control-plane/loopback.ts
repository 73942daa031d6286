import { randomBytes, timingSafeEqual } from "node:crypto";
import { Secret } from "../base/mod.ts";
import type { ApiConnection } from "../kube/client/mod.ts";
import type { Authenticator } from "./api/mod.ts";
import { authenticated, GROUP } from "./auth/request/mod.ts";

/** The way of this process to its own API server: a token that nobody else ever sees. */
export interface Loopback {
  /** Knows the token, and asks the other authenticator about everything else. */
  authenticate(other: Authenticator): Authenticator;
  connect(port: number): ApiConnection;
}

/** Makes a token for this process; `host` is where the server listens, `ca` what pods trust. */
export function createLoopback({
  host,
  ca,
}: {
  readonly host: string;
  readonly ca: string;
}): Loopback {
  const token = randomBytes(32).toString("base64url");
  const expected = Buffer.from(`Bearer ${token}`);
  const user = authenticated({ name: "system:apiserver", groups: [GROUP.masters] });
  const isAny = host === "0.0.0.0" || host === "::";
  const address = isAny ? "127.0.0.1" : host;
  return {
    authenticate: (other) => async (credentials) => {
      const given = Buffer.from(credentials.authorization ?? "");
      const isOwn = given.length === expected.length && timingSafeEqual(given, expected);
      return isOwn ? user : await other(credentials);
    },
    connect: (port) => ({
      server: `https://${address.includes(":") ? `[${address}]` : address}:${port}`,
      // The serving certificate need not name the loopback address, and the port is our own.
      ...{ ca, insecureSkipTlsVerify: true, token: new Secret(token) },
      source: "this process",
    }),
  };
}
