import type { ConnectionOptions } from "node:tls";
import type { ApiConnection } from "./connection.ts";

/** Whom a connection trusts and who it is, in Node's words. */
export function tlsOptions(
  connection: ApiConnection,
): Pick<ConnectionOptions, "ca" | "cert" | "key" | "servername" | "rejectUnauthorized"> {
  return {
    ...(connection.ca === undefined ? {} : { ca: connection.ca }),
    ...(connection.cert === undefined ? {} : { cert: connection.cert }),
    ...(connection.key === undefined ? {} : { key: connection.key.reveal() }),
    ...(connection.tlsServerName === undefined ? {} : { servername: connection.tlsServerName }),
    ...(connection.insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
  };
}
